"""The Explain sheet, used as a learner does: every term is the product it says it is, from the cells it names."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from torch import nn

from excel_export import export, read_tensors
from excel_export.sheets.explain.layout import (
    CHOICE,
    FIELDS,
    FIRST,
    FROM_G,
    FROM_X,
    HEADS,
    HINTS,
    NUMBER,
    PLACE,
    PRODUCT,
    RESULT,
    SO_FAR,
    WORDS,
    G,
    X,
)
from excel_export.xlsx.read import read_index
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import AdderLoss
from mnist_adder.network.model import HEADS as NETWORK_HEADS
from mnist_adder.network.model import PRESETS
from tests.support.cells import cell
from tests.support.engines import each_engine, edit, recalculate
from tests.support.live import Live

SLICE = PRESETS["slice"]
CONVOLUTIONS = [layer.name for layer in (*SLICE.before_pool, *SLICE.after_pool)]
RELUS = ["relu", *(f"relu_{k}" for k in range(1, len(CONVOLUTIONS)))]
SLICE_INPUTS = dict(zip(CONVOLUTIONS, ["avg_pool2d", *RELUS[:-1]], strict=True)) | {SLICE.after_pool[0].name: "pool"}
ADDER_INPUTS = {
    "regression": {"input2": "stack", "layer1": "input2", "out2": "layer1"},
    "onehot": {"input2": "cat", "out2": RELUS[-1]},
}
EACH = 5


class Book:
    """An exported network, open, and where its tensors lie."""

    def __init__(self, module: nn.Module, inputs, folder: Path) -> None:
        self.path = folder / "book.xlsx"
        assert export(module, inputs, self.path).ok
        self.module = module
        self.tensors = read_tensors(self.path)
        self.grids = {entry.key: entry.grid for entry in read_index(self.path) if entry.grid.sheet == "Network"}
        self.live = Live(self.path, folder)
        self.parameters = {name: parameter.shape for name, parameter in module.named_parameters()}

    def at(self, key: str, index) -> str:
        """The name of an element's cell."""
        return self.grids[key].at(*index).area

    def choose(self, tensor: str, index) -> None:
        self.live.type({"explain_tensor": tensor} | {f"explain_index_{k}": float(i) for k, i in enumerate(index, 1)})

    def explain(self, col: int, row: int):
        return self.live.value(("Explain", cell(row, col)))

    def recipe(self, parameter: str, field: str) -> tuple[str, str]:
        """The cell of a number that says where a parameter's terms lie."""
        sheet = load_workbook(self.path)["Explain"]
        columns = {str(head.value): head.column for head in sheet[FIELDS]}
        names = [sheet.cell(row, columns["name"]).value for row in range(FIRST, FIRST + len(self.parameters))]
        return "Explain", cell(FIRST + names.index(parameter), columns[field])

    def lines(self) -> list[tuple]:
        """(cell of g, g, cell of x, x, product) of each term shown, and nothing but blanks below them."""
        shown = []
        while self.explain(PRODUCT, FIRST + len(shown)) not in ("", None):
            row = FIRST + len(shown)
            shown.append(tuple(self.explain(col, row) for col in (FROM_G, G, FROM_X, X, PRODUCT)))
        below = {self.explain(col, FIRST + k) for col in (FROM_G, PRODUCT, SO_FAR) for k in range(len(shown), 144)}
        assert below <= {"", None}
        return shown


def some(shape, gradient) -> list[tuple[int, ...]]:
    """The corners of a tensor, its largest gradient, and a few elements at random."""
    rng = np.random.default_rng(sum(shape))
    flat = [0, gradient.size - 1, int(np.abs(gradient).argmax()), *rng.integers(gradient.size, size=EACH - 3).tolist()]
    return sorted({tuple(int(k) for k in np.unravel_index(n, shape)) for n in flat})


def conv_terms(book: Book, layer: str, of_x: str, kind: str, index, conv: nn.Conv2d) -> list[tuple]:
    """What the lines must say, from the definition of a convolution."""
    g, x = book.tensors[f"grad.{layer}"], book.tensors[of_x]
    strides, paddings, dilations = conv.stride, conv.padding, conv.dilation
    expected = []
    for n, i, j in product(*map(range, (g.shape[0], *g.shape[2:]))):
        arrives = (n, index[0], i, j)
        if kind == "bias":
            meets, where = 1.0, "always"
        else:
            o, c, u, v = index
            channel = o // (conv.out_channels // conv.groups) * (conv.in_channels // conv.groups) + c
            row = i * strides[0] - paddings[0] + u * dilations[0]
            col = j * strides[1] - paddings[1] + v * dilations[1]
            inside = 0 <= row < x.shape[2] and 0 <= col < x.shape[3]
            meets = x[n, channel, row, col] if inside else 0.0
            where = book.at(of_x, (n, channel, row, col)) if inside else "padding"
        expected.append((book.at(f"grad.{layer}", arrives), g[arrives], where, meets, g[arrives] * meets))
    return expected


def linear_terms(book: Book, layer: str, of_x: str, kind: str, index) -> list[tuple]:
    g, x = book.tensors[f"grad.{layer}"], book.tensors[of_x]
    expected = []
    for lead in product(*map(range, g.shape[:-1])):
        arrives = (*lead, index[0])
        meets = x[(*lead, index[1])] if kind == "weight" else 1.0
        where = book.at(of_x, (*lead, index[1])) if kind == "weight" else "always"
        expected.append((book.at(f"grad.{layer}", arrives), g[arrives], where, meets, g[arrives] * meets))
    return expected


def assert_explained(book: Book, name: str, index, expected: list[tuple]) -> None:
    book.choose(name, index)
    lines = book.lines()
    assert len(lines) == len(expected)
    for shown, right in zip(lines, expected, strict=True):
        assert shown[0] == right[0]
        assert shown[2] == right[2]
        np.testing.assert_allclose([shown[1], *shown[3:]], [right[1], *right[3:]], rtol=1e-12, atol=1e-14)
    gradient = book.tensors[f"grad.{name}"][index]
    place = book.at(f"grad.{name}", index)
    assert book.explain(PRODUCT, RESULT) == pytest.approx(gradient, rel=1e-9, abs=1e-12)
    assert book.explain(SO_FAR, FIRST + len(lines) - 1) == pytest.approx(gradient, rel=1e-9, abs=1e-12)
    assert book.explain(SO_FAR, RESULT).strip() == f"= Network!{place} ✓"
    assert book.live.value("explain_gradient") == pytest.approx(gradient, rel=1e-12, abs=1e-15)
    assert book.live.value("explain_value") == dict(book.module.named_parameters())[name].double()[index].item()
    assert book.live.value("explain_label") == f"{name}[{', '.join(map(str, index))}]"


def slice_book(head: str, folder: Path) -> Book:
    network, _ = load_checkpoint(bundled_checkpoint("slice", head))
    digit = bundled_digits()[7]
    pixels = torch.tensor(digit.pixels).double().reshape(1, 1, 28, 28)
    inputs = {"pixels": pixels, "number": torch.tensor([5.0]), "digit": torch.tensor([digit.label])}
    return Book(AdderLoss(network), inputs, folder)


@pytest.fixture(scope="module", params=[pytest.param(head, marks=pytest.mark.slow) for head in NETWORK_HEADS])
def book(request, tmp_path_factory) -> Book:
    made = slice_book(request.param, tmp_path_factory.mktemp(request.param))
    made.head = request.param
    return made


def test_every_parameter_of_the_slice(book):
    """The number of terms, the cells, the products and the sum, for each tensor."""
    for name, shape in book.parameters.items():
        layer, kind = name.rsplit(".", 1)
        for index in some(shape, book.tensors[f"grad.{name}"]):
            if layer in SLICE_INPUTS:
                conv = book.module.get_submodule(layer)
                expected = conv_terms(book, layer, SLICE_INPUTS[layer], kind, index, conv)
            else:
                expected = linear_terms(book, layer, ADDER_INPUTS[book.head][layer], kind, index)
            assert_explained(book, name, index, expected)
    assert not book.live.errors("Explain")


@pytest.mark.slow
def test_it_opens_on_an_instructive_example(tmp_path):
    book = slice_book("regression", tmp_path)
    gradient = book.tensors["grad.conv3.weight"]
    index = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    assert book.live.value("explain_label") == f"conv3.weight[{', '.join(str(int(k)) for k in index)}]"
    assert len(book.lines()) == book.tensors["conv3"][0, 0].size, "a term for each place of the filter"


@pytest.mark.slow
def test_it_follows_the_network(tmp_path):
    """The table reads the Network sheet, so it follows when a weight changes."""
    book = slice_book("regression", tmp_path)
    before = book.explain(PRODUCT, RESULT)
    book.live.type({("Network", book.at("conv6.bias", (3,))): -5.0})
    assert abs(book.explain(PRODUCT, RESULT) - before) > 0.1
    assert book.explain(SO_FAR, RESULT).endswith("✓")


def test_an_index_that_a_smaller_tensor_lacks_is_taken_as_its_last(book):
    last = {name: [n - 1 for n in shape] for name, shape in book.parameters.items()}
    book.choose("conv6.weight", last["conv6.weight"])
    book.live.type({"explain_tensor": "oneconv1.weight"})
    assert book.live.value("explain_label") == f"oneconv1.weight{last['oneconv1.weight']}"
    assert [book.explain(5 + k, HINTS) for k in range(4)] == [f"taken as {k}" for k in last["oneconv1.weight"]]
    assert book.explain(SO_FAR, RESULT).endswith("✓")
    book.live.type({"explain_tensor": "input1.bias"})
    assert book.live.value("explain_label") == f"input1.bias{last['input1.bias']}"
    assert [book.explain(5 + k, HEADS) for k in range(4)] == ["o · filter", "", "", ""]


def test_nonsense_in_the_choice_cells_shows_no_error(book):
    for nonsense in ({"explain_tensor": "no such tensor"}, {"explain_index_1": "three"}, {"explain_index_2": -7.0},
                     {"explain_index_1": 1e9}, {"explain_index_3": 1.7}, {"explain_tensor": ""}):  # fmt: skip
        book.choose("conv3.weight", (1, 1, 1, 1))
        book.live.type(nonsense)
        assert book.explain(SO_FAR, RESULT).endswith("✓")
        assert not book.live.errors("Explain")
        assert not book.live.errors("Nudge")
        # Of no tensor, as of none on the Lens, it shows its own example.
        assert book.live.value("explain_label").startswith("conv3.weight")


class Awkward(nn.Module):
    """Stride, padding, dilation, groups, two samples; and parameters whose terms are not told."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(2, 1), dilation=(1, 2), groups=2)
        self.norm = nn.BatchNorm2d(6)
        self.single = nn.Conv2d(6, 3, 3, stride=2, padding=1, bias=False)
        self.dense = nn.Linear(5, 4)
        self.twice = nn.Linear(4, 4)
        self.scale = nn.Parameter(torch.tensor(0.7))
        self.table = nn.Embedding(3, 4)
        self.tied = nn.Parameter(torch.randn(4))

    def forward(self, image: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        seen = self.single(torch.tanh(self.norm(self.conv(image))))
        read = self.dense(words) + self.table(torch.tensor([2, 0, 2])) * self.tied + self.tied.exp()
        return (seen**2).mean() + self.scale * F.mse_loss(self.twice(torch.tanh(self.twice(read))), read.detach())


@pytest.fixture(scope="module")
def awkward(tmp_path_factory) -> Book:
    torch.manual_seed(3)
    inputs = (torch.randn(2, 4, 6, 5, dtype=torch.float64), torch.randn(2, 3, 5, dtype=torch.float64))
    return Book(Awkward().eval(), inputs, tmp_path_factory.mktemp("awkward"))


@pytest.mark.parametrize(
    "name",
    ["conv.weight", "conv.bias", pytest.param("single.weight", marks=pytest.mark.slow), "dense.weight", "dense.bias"],
)
def test_stride_padding_dilation_groups_and_samples(awkward, name):
    layer, kind = name.rsplit(".", 1)
    for index in np.ndindex(*awkward.parameters[name]):
        if layer == "dense":
            expected = linear_terms(awkward, layer, "words", kind, index)
        else:
            of_x = {"conv": "image", "single": "tanh"}[layer]
            expected = conv_terms(awkward, layer, of_x, kind, index, awkward.module.get_submodule(layer))
            if kind == "weight" and index == (0,) * 4:
                assert "padding" in {line[2] for line in expected}, "a case that tests nothing"
        assert_explained(awkward, name, index, expected)


@pytest.mark.parametrize("name", ["table.weight", "tied"])
def test_a_parameter_without_told_terms_shows_its_gradient_alone(awkward, name):
    index = tuple(n - 1 for n in awkward.parameters[name])
    awkward.choose(name, index)
    assert not awkward.lines()
    assert awkward.explain(PRODUCT, RESULT) == pytest.approx(awkward.tensors[f"grad.{name}"][index], rel=1e-12)
    assert awkward.explain(SO_FAR, RESULT).strip() == f"= Network!{awkward.at(f'grad.{name}', index)} ✓"
    assert not awkward.live.errors("Explain")


def test_it_warns_which_parameters_have_no_table(awkward):
    canvas = load_workbook(awkward.path)["Explain"]
    notes = [c.value for c in canvas[3] if isinstance(c.value, str) and c.value.startswith("Without a table")]
    assert notes == ["Without a table of terms: table.weight, tied"]


def assert_adds_up(book: Book, name: str, index, count: int) -> None:
    """Every line shows what stands in the cells that it names; with random numbers, only the right ones add up."""
    book.choose(name, index)
    lines = book.lines()
    assert len(lines) == count
    for from_g, g, from_x, x, term in lines:
        assert g == pytest.approx(book.live.value(("Network", from_g)), rel=1e-12, abs=1e-15)
        if from_x != "always":
            assert x == pytest.approx(book.live.value(("Network", from_x)), rel=1e-12, abs=1e-15)
        assert term == pytest.approx(g * x, rel=1e-12, abs=1e-15)
    gradient = book.tensors[f"grad.{name}"][index]
    assert sum(line[-1] for line in lines) == pytest.approx(gradient, rel=1e-9, abs=1e-12)
    assert book.explain(SO_FAR, RESULT).strip() == f"= Network!{book.at(f'grad.{name}', index)} ✓"


@pytest.mark.parametrize(
    ("name", "count"),
    [("norm.weight", 2 * 5 * 4), ("norm.bias", 2 * 5 * 4), ("twice.weight", 12), ("twice.bias", 12), ("scale", 1)],
)
def test_normalisation_two_uses_and_a_factor(awkward, name, count):
    for index in some(awkward.parameters[name], awkward.tensors[f"grad.{name}"]):
        assert_adds_up(awkward, name, index, count)
    assert not awkward.live.errors("Explain")


class ByHand(nn.Module):
    """Sums, differences, products and matrix products as people write them, and a recurrent network."""

    def __init__(self) -> None:
        super().__init__()
        sizes = {
            "a": (3, 1),
            "b": (4,),
            "c": (),
            "d": (2, 1, 1),
            "left": (5, 3),
            "right": (4, 2),
            "vector": (2,),
            "e": (),
        }
        for name, shape in sizes.items():
            self.register_parameter(name, nn.Parameter(torch.randn(shape)))
        self.norm = nn.LayerNorm(2)
        self.rnn = nn.RNN(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mixed = (self.a * x + self.b) * torch.sigmoid(x) - self.d  # (2, 3, 4)
        seen = self.norm(self.left @ (mixed @ self.right)[0])  # (5, 2)
        return self.rnn(seen[:4])[0].square().sum() + seen @ self.vector @ torch.ones(5) * self.c - 3 * self.e


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory) -> Book:
    torch.manual_seed(4)
    return Book(ByHand(), (torch.randn(2, 3, 4, dtype=torch.float64),), tmp_path_factory.mktemp("by_hand"))


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("a", 2 * 4), ("b", 2 * 3), ("c", 1), ("d", 3 * 4), ("left", 2), ("right", 2 * 3), ("vector", 5), ("e", 1),
        ("norm.weight", 5), ("norm.bias", 5), ("rnn.weight_ih_l0", 4), ("rnn.weight_hh_l0", 4),
    ],
)  # fmt: skip
def test_networks_written_by_hand(by_hand, name, count):
    for index in some(by_hand.parameters[name], by_hand.tensors[f"grad.{name}"]):
        assert_adds_up(by_hand, name, index, count)
    assert not by_hand.live.errors("Explain")


def test_each_use_is_named(by_hand):
    by_hand.choose("rnn.weight_hh_l0", (1, 2))
    assert [by_hand.explain(PLACE, FIRST + k) for k in range(-1, 4)] == ["use", "1", "2", "3", "4"]
    assert "4 steps use it" in by_hand.explain(NUMBER, WORDS)
    by_hand.choose("norm.weight", (0,))
    assert [by_hand.explain(PLACE, FIRST + k) for k in range(-1, 2)] == ["n", "0", "1"]


@pytest.mark.parametrize("scale", [0.7, -0.7, 1e-5])
def test_a_sum_that_is_not_the_gradient_gets_no_tick(awkward, scale):
    """However small the two are: here the terms of a line below, as a wrong recipe would name them."""
    awkward.choose("dense.weight", (1, 2))
    awkward.live.type({("Network", awkward.at("scale", ())): scale})
    place = awkward.at("grad.dense.weight", (1, 2))
    assert awkward.explain(SO_FAR, RESULT) == f"  = Network!{place} ✓"
    recipe = awkward.recipe("dense.weight", "upstream row start")
    right = awkward.live.value(recipe)
    awkward.live.type({recipe: right + 1})
    difference = awkward.explain(PRODUCT, RESULT) - awkward.live.value("explain_gradient")
    assert abs(scale) / 100 < abs(difference) < abs(scale), "a case that tests nothing"
    assert awkward.explain(SO_FAR, RESULT) == f"  ≠ Network!{place}"
    awkward.live.type({recipe: right, ("Network", awkward.at("scale", ())): 0.7})


def test_lists_to_choose_from(awkward):
    rules = load_workbook(awkward.path)["Explain"].data_validations.dataValidation
    assert {str(rule.sqref) for rule in rules} == {cell(CHOICE, col) for col in (2, 5, 6, 7, 8)}
    assert {rule.type for rule in rules} == {"list"}


@each_engine
@pytest.mark.parametrize(
    ("which", "name", "index"), [("awkward", "conv.weight", (4, 1, 2, 0)), ("by_hand", "rnn.weight_hh_l0", (2, 1))]
)
def test_all_engines_agree(request, which, name, index, engine, tmp_path):
    """With stored values stripped, in a file that was edited and saved."""
    book = request.getfixturevalue(which)
    place = dict(book.live.names)
    changes = {place["explain_tensor"]: name}
    changes |= {place[f"explain_index_{k}"]: float(i) for k, i in enumerate(index, 1)}
    found = recalculate(edit(book.path, changes, tmp_path / "edited.xlsx"), engine, tmp_path)
    book.choose(name, index)
    count = len(book.lines())
    area = f"{cell(FIRST, FROM_G)}:{cell(FIRST + count - 1, PRODUCT)}"
    for line, expected in zip(found.values("Explain", area), book.lines(), strict=True):
        assert [line[0], line[2]] == [expected[0], expected[2]]
        np.testing.assert_allclose(
            [line[k] for k in (1, 3, 4)], [expected[k] for k in (1, 3, 4)], rtol=1e-12, atol=1e-14
        )
    assert found.value("Explain", cell(RESULT, SO_FAR)).strip() == f"= Network!{book.at(f'grad.{name}', index)} ✓"
    assert not found.value("Explain", cell(FIRST + count, PRODUCT))


def test_a_link_leads_to_the_cell_that_it_names(awkward):
    """Its target and its text come from the same expression."""
    sheet = load_workbook(awkward.path)["Explain"]
    for col in (FROM_G, FROM_X):
        links = re.findall(
            r"""HYPERLINK\("#'Network'!"&(ADDRESS\([^)]*\)),(ADDRESS\([^)]*\))\)""", sheet.cell(FIRST, col).value
        )
        assert len(links) == 1
        assert links[0][0] == links[0][1]
