"""The Explain sheet, used as a learner does: where any element of any gradient or result comes from, by PyTorch."""

import copy
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from excel_export.authoring import own_sheets
from excel_export.book.composition import start_book
from excel_export.book.sheet import Story
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Text, quoted
from excel_export.sheets.explain import explain_layout as layout
from excel_export.sheets.explain import explain_tables
from excel_export.sheets.explain.explain_layout import CHOICE, FIRST, FROM_G, HINTS, NUMBER, PRODUCT, RESULT
from excel_export.sheets.explain.explain_sheet import NAME
from tests.support.cells import cell
from tests.support.engines import each_engine, edit, recalculate
from tests.support.excel_fit import Fit
from tests.support.explain import Explained, Page, hint
from tests.support.kinds import network_of
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.opened import Frozen, Known, Truth, near
from tests.support.package_rules import faults
from tests.support.sheets import load_sheet


def randn(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Awkward(nn.Module):
    """Stride, padding, dilation, groups, two samples; an embedding, and a parameter that several steps use."""

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


class Reader(nn.Module):
    """Words, an LSTM, attention with a mask, a norm, a softmax of whose input a part is used again."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(5, 4)
        self.lstm = nn.LSTM(4, 4, batch_first=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.LayerNorm(4)
        self.out = nn.Linear(4, 5)

    def forward(self, words: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        x, _ = self.lstm(self.words(words))
        mask = torch.ones(3, 3, dtype=torch.bool).triu(1)
        y, _ = self.attention(x, x, x, attn_mask=mask, need_weights=False)
        logits = self.out(self.norm(x + y))
        return F.cross_entropy(logits.flatten(0, 1), target.flatten()) + logits.softmax(-1)[..., 0].sum()


class Loop(nn.Module):
    """A loop as people write it: each round reads a row of the input and what the round before has left."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.u = nn.Parameter(torch.randn(2, 3)), nn.Parameter(torch.randn(2, 2))
        self.start = nn.Parameter(torch.randn(2))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        state, loss = self.start, torch.zeros(())
        for row, wanted in zip(x, y, strict=True):
            state = torch.tanh(self.w @ row + self.u @ state)
            loss = loss + (state.max() - wanted) ** 2
        return loss + 0.1 * state.argmax().double() * self.start.sum()


CASES = {
    "awkward": (Awkward, lambda: (randn(2, 4, 6, 5), randn(2, 3, 5))),
    "by_hand": (ByHand, lambda: (randn(2, 3, 4),)),
    "reader": (Reader, lambda: (torch.tensor([[3, 1, 3]]), torch.tensor([[1, 0, 4]]))),
    "loop": (Loop, lambda: (randn(4, 3).requires_grad_(), randn(4, seed=2))),
}


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    made = {}

    def get(name: str) -> Explained:
        if name not in made:
            module, inputs = CASES[name]
            torch.manual_seed(3)
            made[name] = Explained(module().eval(), inputs(), tmp_path_factory.mktemp(name))
        return made[name]

    return get


@pytest.mark.parametrize("name", CASES)
def test_excel_finds_nothing_to_repair(books, name):
    """Without a picture, the first sheet's map has rows of several cells, and an arrow is written over another one."""
    assert not faults(books(name).path)


@pytest.mark.parametrize(("name", "each"), only_quick([("loop", 1), *((name, 7) for name in CASES)], ("loop", 1)))
def test_every_gradient_is_the_sum_of_its_terms(books, name, each):
    """Of every parameter and every intermediate result: the steps, the cells, the products and the sum."""
    assert books(name).check_all(each, seed=each) > len(books(name).values)


@pytest.mark.slow
def test_every_gradient_of_the_slice(tmp_path):
    """With the sum as classes: its probabilities pass gradients on that the other head lacks."""
    Explained(*network_of("slice-onehot"), tmp_path).check_all(1)


@pytest.mark.parametrize(("name", "each"), only_quick([("loop", 1), *((name, 7) for name in CASES)], ("loop", 1)))
def test_every_result_is_made_of_what_is_listed(books, name, each):
    """The terms and their sum where it is a sum of products; else each number that it reads, once."""
    counts = books(name).check_results(each, seed=each)
    assert min(counts.values()) > 0


@pytest.mark.slow
def test_every_result_of_the_slice(tmp_path):
    book = Explained(*network_of("slice-onehot"), tmp_path)
    assert min(book.check_results(2, truth=book.truth).values()) > 3


@pytest.mark.parametrize("name", only_quick(CASES, "loop"))
def test_results_follow_an_edit(books, name):
    """A changed weight: each number is PyTorch's for the changed network, and so is the sum."""
    book = books(name)
    assert book.check_results(3, truth=book.truth)[True]
    parameter = next(value for value in book.values if value.kind == "parameter" and value.shape)
    index = tuple(int(k) for k in np.unravel_index(np.abs(parameter.gradient).argmax(), parameter.shape))
    changed = copy.deepcopy(book.module)
    with torch.no_grad():
        changed.get_parameter(parameter.name)[index] = 0.875
    truth, place = Truth(changed, book.inputs), book.places.at(parameter.name, *index)
    assert abs(truth.number(Known(truth.graph.loss.name, ())) - float(book.truth.graph.loss.data)) > 1e-6
    book.live.type({place: 0.875})
    book.check_results(3, truth=truth)
    book.live.type({place: float(parameter.data[index])})


class Centred(nn.Module):
    """Each row without its mean."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - x.mean(-1, keepdim=True)).square().sum()


def test_each_row_has_its_own_mean(tmp_path):
    """So the elements of a row read theirs at other distances, of more kinds than are kept apart."""
    book = Explained(Centred(), (randn(3, 20),), tmp_path)
    [value] = [value for value in book.results if value.name == "sub"]
    for index in [(0, 0), (0, 19), (2, 0), (2, 7)]:
        page = book.choose(value, index, forward=True)
        assert not book.check_result(page, value, index, book.truth)
        assert [line.from_g for line in page.lines] == [f"x ({index[0]}, {index[1]})", f"mean of x ({index[0]})"]


def test_a_bias_is_the_last_term(books):
    book = books("awkward")
    value = book.value("dense")
    lines = book.choose(value, (1, 2, 3), forward=True).lines
    assert [line.from_g for line in lines[:5]] == [f"words ({', '.join(map(str, (1, 2, k)))})" for k in range(5)]
    assert [line.from_x for line in lines] == [*(f"dense.weight (3, {k})" for k in range(5)), "added as it is"]
    assert lines[-1].from_g == "dense.bias (3)"


def test_a_formula_that_is_no_sum_stands_above_the_numbers_that_it_reads(books):
    book = books("by_hand")
    value = next(value for value in book.results if value.called == "sigmoid of x" or value.name == "sigmoid")
    page = book.choose(value, (0, 1, 2), forward=True)
    [line] = page.lines
    assert line.from_g == "x (0, 1, 2)"
    part = next(part for part in book.truth.plan.parts if part.call and value in part.call.outputs and not part.helper)
    assert page.at(layout.MATH, NUMBER) == part.math
    assert page.at(layout.WORDS, NUMBER) == part.words


def test_a_step_leads_to_its_sheet_where_there_is_one(tmp_path):
    """Forward and backward, each to its own; the sum of squares has steps that no sheet shows."""
    book = Explained(nn.Sequential(nn.Linear(2, 2), Squares()), (randn(1, 2),), tmp_path)
    assert book.check_all(2) > 2
    assert book.check_results(2)[True]
    ways = [book.choose(value, forward=value in book.results).paths[0] for value in (*book.results, *book.values)]
    sheets = [f"#{quoted(name)}!$A$1" for name in book.live.sheets]
    assert {way.target for way in ways} < {*sheets, ""}
    assert len({way.target for way in ways}) > 2
    sheet = load_sheet(book.path, NAME)
    assert "HYPERLINK(" in sheet.cell(FIRST, layout.PATH).value
    assert "HYPERLINK(" in sheet.cell(FIRST, layout.STEP).value


def test_without_a_story_no_step_leads_anywhere(tmp_path):
    module, x = nn.Sequential(nn.Linear(2, 2), Squares()), randn(1, 2)
    others = [sheet for sheet in own_sheets() if sheet.name != "Story"]
    assert export(module, (x,), tmp_path / "net.xlsx", sheets=others).ok
    sheet = load_sheet(tmp_path / "net.xlsx", NAME)
    assert sheet.cell(FIRST, layout.PATH).value
    assert "HYPERLINK(" not in sheet.cell(FIRST, layout.PATH).value
    assert "HYPERLINK(" not in sheet.cell(FIRST, layout.STEP).value


class Squares(nn.Module):
    """The sum of the squares."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.square().sum()


def test_without_a_gradient_it_explains_results(tmp_path):
    class Net(nn.Module):
        def forward(self, x):
            return (2 * x).sum().double()

    export(Net(), (torch.tensor([1, 3]),), tmp_path / "net.xlsx")
    live = Live(tmp_path / "net.xlsx", tmp_path)
    assert "Explain" in live.sheets
    assert "Nudge" not in live.sheets
    assert not live.errors(NAME)


def test_the_list_offers_all_gradients_and_results(books):
    book = books("loop")
    place, tables = book.live.names["explain_tensor"], explain_tables.NAME
    rules = load_sheet(book.path, NAME).data_validations.dataValidation
    [rule] = [rule for rule in rules if str(rule.sqref) == place[1]]
    first, last = (int(row) for row in re.findall(r"\$(\d+)", rule.formula1))
    column = re.findall(r"\$([A-Z]+)", rule.formula1)[0]
    offered = [book.live.value((tables, f"{column}{row}")) for row in range(first, last + 1)]
    assert offered == [*book.labels.values(), *book.listed]
    assert {"∂L/∂w", "∂L/∂x"} < set(offered)
    assert {rule.type for rule in rules} == {"list"}


def test_it_opens_on_an_instructive_example(tmp_path):
    """A parameter's longest list that can be overlooked."""
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.out, self.long = nn.Embedding(3, 2), nn.Linear(2, 1), nn.Parameter(torch.ones(1))

        def forward(self, words):
            return (self.out(self.table(words)).square() * self.long.repeat(40).sum()).sum()

    book = Explained(Net(), (torch.tensor([[0, 1, 2, 1]]),), tmp_path)
    gradient = book.value("table.weight").gradient
    at = ", ".join(str(int(k)) for k in np.unravel_index(np.abs(gradient).argmax(), gradient.shape))
    assert book.live.value("explain_label") == f"∂L/∂table.weight[{at}]"
    assert len(book.page.lines) == 4
    assert explain_tables.INSTRUCTIVE < 40


def test_a_row_of_a_table_that_another_word_reads_gets_nothing(tmp_path):
    net = nn.Sequential(nn.Embedding(2, 1), nn.Flatten(0), nn.Linear(2, 1)).double()
    book = Explained(net, (torch.tensor([1, 0]),), tmp_path)
    page = book.choose(book.value("0.weight"), (0, 0))
    assert [(line.from_x, line.x) for line in page.lines] == [("not read there", 0), ("passes as it is", 1)]


@pytest.mark.parametrize("name", ["by_hand", "loop"])
def test_it_follows_an_edit(books, name):
    """A changed weight: each number is that of its cell, and the sum that of the gradient's."""
    book = books(name)
    parameter = next(value for value in book.values if value.kind == "parameter" and value.shape)
    index = tuple(int(k) for k in np.unravel_index(np.abs(parameter.gradient).argmax(), parameter.shape))
    page = book.choose(parameter, index)
    before, place = page.total, book.places.at(parameter.name, *index)
    book.live.type({place: 1.25})
    assert abs(page.total - before) > 1e-6
    for line in page.lines:
        for address, number in ((line.g_address, line.g), (line.x_address, line.x)):
            assert address < 0 or number == near(book.live.value(book.places.of_address(address)))
    assert page.total == near(book.live.value(book.places.at(f"grad.{parameter.name}", *index)))
    assert page.verdict.endswith(" ✓")
    book.live.type({place: float(parameter.data[index])})
    book.check(book.choose(parameter, index), parameter, index)


def test_several_steps_pass_something_on(books):
    book = books("by_hand")
    value = book.value("rnn.weight_hh_l0")
    page = book.choose(value, (1, 2))
    assert len(page.paths) == 4
    assert page.at(layout.WORDS, NUMBER).startswith("4 steps pass something on to it. The first of them: ")
    page = book.choose(book.value("norm.weight"), (0,))
    assert len(page.paths) == 1
    assert page.at(layout.WORDS, NUMBER) == book.truth.plan.parts[part_of(book, page) - 1].words
    assert page.at(layout.MATH, NUMBER) == book.truth.plan.parts[part_of(book, page) - 1].math


def part_of(book: Explained, page: Page) -> int:
    """The part of a step that the first path is."""
    name = page.paths[0].name
    [number] = [k for k, part in enumerate(book.truth.plan.parts, start=1) if part.name == name]
    return number


def test_a_slope_that_is_a_formula_is_shown_as_its_number(books):
    """Of a sigmoid σ: σ · (1 − σ)."""
    book = books("by_hand")
    value = book.value("x")
    [line] = [line for line in book.choose(value, (0, 1, 2)).lines if line.from_x == "slope here"]
    sigmoid = 1 / (1 + np.exp(-float(value.data[0, 1, 2])))
    assert line.x == near(sigmoid * (1 - sigmoid))
    assert "sigmoid" in line.from_g


@pytest.mark.parametrize(
    ("typed", "taken"),
    only_quick(
        [(99.0, None), (-1.0, None), (0.5, None), ("three", None), ("", None), (1.0, 1), (explain_tables.AUTO, None)],
        (99.0, None),
        ("three", None),
        (1.0, 1),
    ),
)
def test_an_index_that_is_none_is_refused_visibly(books, typed, taken):
    """It says which there are, and the example is shown instead."""
    book = books("by_hand")
    value = book.value("left")
    book.choose(value)
    example = book.live.value("explain_label")
    refused = typed not in (1.0, explain_tables.AUTO)
    book.live.type({"explain_index_1": typed})
    assert hint(book.page, 0) == ("0 … 4, please" if refused else "output 0 … 4")
    if taken is None:
        assert book.live.value("explain_label") == example
    else:
        assert book.live.value("explain_label").startswith(f"∂L/∂left[{taken}, ")
    assert book.page.verdict.endswith(" ✓")
    assert not book.live.errors(NAME)
    assert not book.live.errors("Nudge")
    assert hint(book.page, 2) == "", "it has no such index"


@pytest.mark.parametrize("typed", ["no such tensor", "", "∂L/∂sta*", explain_tables.AUTO, 7.0])
def test_a_gradient_that_is_none_is_refused_visibly(books, typed):
    book = books("loop")
    book.live.type({"explain_tensor": typed})
    assert book.page.at(HINTS, NUMBER) == "one of the list, please"
    assert book.page.verdict.endswith(" ✓")
    assert not book.live.errors(NAME)
    assert not book.live.errors("Nudge")
    book.choose(book.value("w"))
    assert book.page.at(HINTS, NUMBER).startswith("a gradient or a result")


@pytest.mark.parametrize("scale", only_quick([0.7, -0.7, 1e-5], 1e-5))
def test_a_sum_that_is_not_the_gradient_gets_no_tick(scale, tmp_path):
    """However small the two are: here the terms of another element, as a wrong table would name them."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense, self.scale = nn.Linear(5, 4), nn.Parameter(torch.tensor(0.7))

        def forward(self, x):
            return self.scale * torch.tanh(self.dense(x)).square().mean()

    torch.manual_seed(3)
    book = Explained(Net(), (randn(6, 5),), tmp_path)
    value = book.value("dense.weight")
    page = book.choose(value, (1, 2))
    place = book.places.at("grad.dense.weight", 1, 2)[1]
    book.live.type({book.places.at("scale"): scale})
    assert page.verdict == f"= Network!{place} ✓"
    wrong = (NAME, cell(FIRST + 1, book.columns["number"]))
    book.live.type({wrong: 2.0})
    difference = page.total - book.live.value("explain_number")
    assert 1e-9 < abs(difference) < 1, "a case that tests nothing"
    assert page.verdict == f"≠ Network!{place}"


def test_of_too_many_terms_the_first_are_listed(tmp_path):
    """The rest is one line, taken from the gradient itself: so the total is right, and there is no tick."""
    torch.manual_seed(1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(1, 1, 3)

        def forward(self, x):
            return self.conv(x).square().sum()

    most = explain_tables.MOST_TERMS
    book = Explained(Net(), (randn(1, 1, most + 22),), tmp_path)
    value = book.value("conv.weight")
    page = book.choose(value, (0, 0, 1))
    listed = [page.at(FIRST + k, PRODUCT) for k in range(most)]
    rest = page.at(FIRST + most, PRODUCT)
    assert page.at(FIRST + most, FROM_G) == "… 20 more terms, together:"
    assert page.total == near(float(value.gradient[0, 0, 1])) == near(sum(listed) + rest)
    assert "the sum of 1620 terms; the first 1,600 are listed" in page.at(RESULT, NUMBER)
    assert page.verdict == f"= Network!{book.places.at('grad.conv.weight', 0, 0, 1)[1]}"
    assert page.paths[0].adds == "…"
    page = book.choose(book.value("conv"), (0, 0, 3))
    assert page.total == near(float(book.value("conv").gradient[0, 0, 3]))
    assert page.verdict.endswith(" ✓")
    assert page.at(FIRST + 10, FROM_G) == ""


@pytest.mark.parametrize(("start", "stop"), only_quick([("b", None), ("b", "b")], ("b", "b")))
def test_a_part_of_a_network(start, stop, tmp_path):
    """What arrives from outside is a term like others."""
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.c(torch.tanh(self.b(torch.tanh(self.a(x))))).square().sum()

    book = Explained(Net(), (randn(1, 3),), tmp_path, start=start, stop=stop)
    assert book.check_all(2) > 5


@each_engine
@pytest.mark.parametrize(("which", "name", "index"), only_quick(
    [("awkward", "conv", (1, 4, 2, 0)), ("by_hand", "norm", (2, 1)), ("loop", "loss", ())], ("loop", "loss", ())
))  # fmt: skip
def test_all_engines_agree_on_results(books, which, name, index, engine, tmp_path):
    """With stored values stripped, in a file that was edited and saved."""
    if engine == "formulon" and which != "loop":
        pytest.skip("formulon takes minutes for it")
    book = books(which)
    value = book.truth.graph.loss if name == "loss" else book.value(name)
    changes = book.placed(book.changes(value, index, forward=True))
    found = recalculate(edit(book.path, changes, tmp_path / "edited.xlsx"), engine, tmp_path)
    book.choose(value, index, forward=True)
    book.check_result(Page(Frozen(found), book.columns), value, index, book.truth)


@each_engine
@pytest.mark.parametrize(
    ("which", "name", "index"),
    only_quick(
        [
            ("awkward", "conv.weight", (4, 1, 2, 0)),
            ("awkward", "table.weight", (2, 1)),
            ("by_hand", "rnn.weight_hh_l0", (2, 1)),
            ("loop", "start", (1,)),
        ],
        ("loop", "start", (1,)),
    ),
)
def test_all_engines_agree(books, which, name, index, engine, tmp_path):
    """With stored values stripped, in a file that was edited and saved."""
    if engine == "formulon" and which != "loop":
        pytest.skip("formulon takes minutes for it")
    book = books(which)
    value = book.value(name)
    changes = book.placed(book.changes(value, index))
    found = recalculate(edit(book.path, changes, tmp_path / "edited.xlsx"), engine, tmp_path)
    book.choose(value, index)
    book.check(Page(Frozen(found), book.columns), value, index)


def test_a_link_leads_to_the_cell_that_it_names(books):
    """Its target and the number beside it come from the same code."""
    book = books("loop")
    sheet = load_sheet(book.path, NAME)
    address = sheet.cell(FIRST, book.columns["cell of g"]).coordinate
    place = f"ADDRESS(INT({address}/16384),MOD({address},16384),4)"
    assert f"HYPERLINK(\"#'Network'!\"&{place}," in sheet.cell(FIRST, FROM_G).value


def test_what_is_frozen_takes_a_fifth_of_a_laptops_window(books):
    """And the choice, the total and the first twelve terms are in view there: 1240 by 440 pixels."""
    book = books("loop")
    sheet = load_sheet(book.path, NAME)
    heights = [(sheet.row_dimensions[row].height or 15) * 96 / 72 for row in range(1, FIRST + 12)]
    assert sheet.freeze_panes == f"A{RESULT}"
    assert sum(heights[: RESULT - 1]) <= 440 / 5
    assert sum(heights) <= 440
    widths = [sheet.column_dimensions[cell(1, col)[:-1]].width for col in range(1, layout.ADDS + 1)]
    assert sum(int(width * 7 + 5) for width in widths) <= 1240
    assert CHOICE < RESULT


@pytest.mark.parametrize(("name", "every"), only_quick([*((name, 1) for name in CASES), ("loop", 6)], ("loop", 6)))
def test_what_it_shows_fits(books, name, every, tmp_path):
    """By Excel's rule, of any gradient, and where a choice is refused; among the quick tests, of each sixth."""
    book = books(name)
    fit = Fit(book.path, tmp_path, NAME, "Nudge")
    found = {}
    for value in book.values[::every]:
        fit.live.type(book.changes(value))
        found |= dict.fromkeys(map(str, fit.misfits()), value.called)
    fit.live.type({"explain_tensor": "nothing", "explain_index_1": "nothing"})
    found |= dict.fromkeys(map(str, fit.misfits()), "nothing")
    assert not found


@pytest.mark.slow
def test_its_size():
    """It adds few formulas, and the same for each term."""
    drawn = start_book(trace(*network_of("slice-regression")), 0.1, story=Story("title")).draw_all()
    canvas = next(canvas for canvas in drawn.canvases if canvas.name == NAME)
    contents = [content for line in canvas.cells.values() for content, _ in line.values()]
    formulas = [content for content in contents if not isinstance(content, (Text, float, int, type(None)))]
    assert 1_000 < len(formulas) < 2_300
