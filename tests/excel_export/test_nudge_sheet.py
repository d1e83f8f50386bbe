"""The Nudge sheet: two live forward passes give the slope that backpropagation says, for any number chosen."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors
from excel_export.book.composition import start_book
from excel_export.book.sheet import Story
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Text
from excel_export.sheets import nudge
from mnist_adder.network.model import HEADS
from tests.support.cells import cell
from tests.support.dependents import Walk
from tests.support.engines import each_engine, edit, recalculate
from tests.support.kinds import network_of
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet

NUDGING, BACKPROPAGATION, PYTORCH, ON_THE_LEFT, ON_THE_RIGHT = (
    ("Nudge", cell(nudge.SLOPES + k, nudge.LEFT)) for k in range(5)
)
VERDICT_CELL = "Nudge", cell(nudge.VERDICT, 2)
MOST_FORMULAS = 13_000


class Book:
    def __init__(self, module: nn.Module, inputs, folder: Path) -> None:
        self.module, self.inputs, self.path = module, inputs, folder / "book.xlsx"
        assert export(module, inputs, self.path).ok
        self.tensors = read_tensors(self.path)
        self.live = Live(self.path, folder)

    def choose(self, tensor: str, index, **more) -> None:
        chosen = {"nudge_tensor": tensor} | {f"nudge_index_{k}": float(i) for k, i in enumerate(index, 1)}
        self.live.type(chosen | more)

    def loss(self, tensor: str, index, shift: float) -> float:
        """PyTorch's loss with one element shifted."""
        module = self.module.double()
        parameter = dict(module.named_parameters())[tensor].data
        kept = parameter[index].item()
        parameter[index] = kept + shift
        doubles = [x.double() if x.is_floating_point() else x for x in self.values]
        with torch.no_grad():
            found = module(*doubles).item()
        parameter[index] = kept
        return found

    @property
    def values(self) -> list[torch.Tensor]:
        return list(self.inputs.values() if isinstance(self.inputs, dict) else self.inputs)


class Small(nn.Module):
    """Few layers, with the names of the slice's."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv3, self.conv6 = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 4, 1)

    def forward(self, pixels: torch.Tensor, digit: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(self.conv6(torch.tanh(self.conv3(pixels))).sum((2, 3)), digit)


SLICES = [pytest.param(head, marks=pytest.mark.slow) for head in HEADS]


@pytest.fixture(scope="module", params=["small", *SLICES])
def book(request, tmp_path_factory) -> Book:
    if request.param == "small":
        inputs = {"pixels": torch.linspace(-2, 2, 36).sin().reshape(1, 1, 6, 6), "digit": torch.tensor([1])}
        return Book(Small(), inputs, tmp_path_factory.mktemp("small"))
    return Book(*network_of(f"slice-{request.param}"), tmp_path_factory.mktemp(request.param))


def elements(book: Book, each: int) -> list[tuple[str, tuple[int, ...]]]:
    rng = np.random.default_rng(each)
    return [
        (name, tuple(int(k) for k in np.unravel_index(int(flat), parameter.shape)))
        for name, parameter in book.module.named_parameters()
        for flat in rng.integers(parameter.numel(), size=each)
    ]


def index_names(book: Book) -> list[str]:
    return [name for name in book.live.names if name.startswith("nudge_index_")]


def largest(book: Book) -> list[tuple[str, tuple[int, ...]]]:
    """The element of each parameter with the largest gradient: others may be near zero."""
    gradients = {name: book.tensors[f"grad.{name}"] for name, _ in book.module.named_parameters()}
    return [(name, tuple(int(k) for k in np.unravel_index(np.abs(gradient).argmax(), gradient.shape)))
            for name, gradient in gradients.items()]  # fmt: skip


def test_nudging_gives_the_gradient(book):
    for name, index in [*elements(book, 1), *largest(book)]:
        book.choose(name, index, epsilon=1e-6)  # of sharpened probabilities the curve bends much
        gradient = book.tensors[f"grad.{name}"][index]
        size = max(1.0, abs(gradient))
        assert abs(book.live.value(NUDGING) - gradient) <= 1e-6 * size, (name, index)
        assert book.live.value(BACKPROPAGATION) == pytest.approx(gradient, rel=1e-12, abs=1e-15)
        assert book.live.value(PYTORCH) == pytest.approx(gradient, rel=1e-9, abs=1e-12)
        assert book.live.value(VERDICT_CELL).startswith("They agree")
    book.live.type({"epsilon": 1e-4})


def test_at_first_it_is_the_weight_that_the_story_follows(book):
    """Of the first layer that is not switched off, the one with the largest gradient."""
    layers = [(name, index) for name, index in largest(book) if len(index) > 1]
    name, index = next((name, index) for name, index in layers if book.tensors[f"grad.{name}"][index])
    live = Live(book.path, book.path.parent)
    assert live.value("nudge_label") == f"{name}[{', '.join(map(str, index))}]"
    assert live.value(BACKPROPAGATION) == pytest.approx(book.tensors[f"grad.{name}"][index], rel=1e-12)
    first = load_sheet(book.path, "Nudge")
    shown = [first[book.live.names[each][1]].value for each in ("nudge_tensor", *index_names(book))]
    assert shown == [name, *["auto"] * len(index_names(book))]


def test_at_first_it_is_the_number_that_a_lesson_follows(made_of, tmp_path):
    """Its gradient is not the largest of its layer, and the curve below the path is over the same weight."""
    made = made_of("lesson two-layers-mazur")
    live, (weight, other) = Live(made.path, tmp_path), dict(made.module.named_parameters())["output.weight"][0].tolist()
    assert live.value("nudge_label") == "output.weight[0, 0]"
    (path,) = [sheet for sheet in live.sheets if sheet.endswith(" the path")]
    assert live.value("nudge_value") == live.value((path, "C5")) == pytest.approx(weight)
    assert weight != other


def test_what_is_none_of_the_list_or_no_index_is_said_to_be_none(book):
    book.choose("conv6.bias", (1,))
    book.live.type({"nudge_tensor": "conv3", "nudge_index_1": 99})
    assert book.live.value(("Nudge", cell(nudge.HINTS, nudge.LABEL))) == "one of the list, please"
    assert book.live.value(("Nudge", cell(nudge.HINTS, nudge.LEFT))).endswith(", please")
    assert not book.live.errors("Nudge")
    assert book.live.value(VERDICT_CELL).startswith("They ")


def test_it_does_not_hang_on_what_explain_explains(book):
    """A click there computes no pass anew."""
    walk = Walk(book.path)
    found = {sheet for sheet, _, _ in walk.from_cell("explain_tensor")}
    assert found.isdisjoint({"Nudge", *nudge.PASSES})
    assert "Explain" in found
    assert {"Nudge", *nudge.PASSES} <= {sheet for sheet, _, _ in walk.from_cell("nudge_tensor")}


def test_each_pass_is_the_network_with_one_number_shifted(book):
    """Were the wrong number nudged, or two of them, the losses would differ from PyTorch's."""
    for epsilon in (0.25, 1e-3):
        for name, index in elements(book, 1):
            book.choose(name, index, epsilon=epsilon)
            value = dict(book.module.named_parameters())[name].double()[index].item()
            for col, shift in ((nudge.LEFT, -epsilon), (nudge.MIDDLE, 0), (nudge.RIGHT, epsilon)):
                assert book.live.value(("Nudge", cell(nudge.LOSSES, col))) == pytest.approx(value + shift, rel=1e-14)
                loss = book.live.value(("Nudge", cell(nudge.LOSSES + 1, col)))
                assert loss == pytest.approx(book.loss(name, index, shift), rel=1e-9), (name, index, shift)
    book.live.type({"epsilon": 1e-4})


def test_two_further_passes_go_as_far_as_the_curve(book):
    """The path's sheet says how far; ε has nothing to do with it."""
    for far in (0.5, 3.0):
        for name, index in elements(book, 1):
            book.choose(name, index, nudge_far=far)
            assert book.live.value("nudge_loss_far_up") == pytest.approx(book.loss(name, index, far), rel=1e-9), (
                name,
                index,
            )
            assert book.live.value("nudge_loss_far_down") == pytest.approx(book.loss(name, index, -far), rel=1e-9)


def test_the_difference_shrinks_with_the_square_of_epsilon(book):
    name = "conv3.weight"
    gradient = book.tensors[f"grad.{name}"]
    index = tuple(int(k) for k in np.unravel_index(np.abs(gradient).argmax(), gradient.shape))
    found = []
    for epsilon in (1e-4, 1e-5):
        book.choose(name, index, epsilon=epsilon)
        found.append(abs(book.live.value(("Nudge", cell(nudge.SLOPES, nudge.MIDDLE)))))
        assert book.live.value(VERDICT_CELL).startswith("They agree")
    assert found[0] / found[1] == pytest.approx(100, rel=0.05)
    book.live.type({"epsilon": 1e-4})


def test_it_follows_an_edit_of_the_network(book):
    book.choose("conv6.bias", (2,), epsilon=1e-6)
    before = book.live.value(NUDGING)
    book.live.type({"digit": 2.0})
    assert abs(book.live.value(NUDGING) - before) > 0.5
    assert book.live.value(NUDGING) == pytest.approx(book.live.value(BACKPROPAGATION), abs=1e-6)
    assert "you changed some" in book.live.value(("Nudge", cell(nudge.SLOPES + 2, nudge.RIGHT)))
    book.live.type({"digit": float(book.inputs["digit"])})
    assert book.live.value(NUDGING) == pytest.approx(before, rel=1e-9)
    assert "pasted" in book.live.value(("Nudge", cell(nudge.SLOPES + 2, nudge.RIGHT)))
    book.live.type({"epsilon": 1e-4})


@pytest.mark.parametrize(("epsilon", "taken"), [("much", 1e-4), ("", 1e-4), (0.0, 1e-12), (-3.0, 1e-12), (1e300, 1)])
def test_an_epsilon_that_is_none_shows_no_error(book, epsilon, taken):
    book.live.type({"epsilon": epsilon})
    assert book.live.value("nudge") == taken
    assert not book.live.errors("Nudge")
    assert not book.live.errors(nudge.UP)
    assert "please; until then it is" in book.live.value(("Nudge", cell(nudge.EPSILON_ROW, nudge.MIDDLE)))
    book.live.type({"epsilon": 1e-4})


@pytest.mark.parametrize("book", SLICES, indirect=True)
def test_its_size(book):
    """What it adds is small, and nothing that no parameter touches is computed again."""
    drawn = start_book(trace(book.module, book.inputs), 0.1, story=Story("title")).draw_all()
    canvases = {canvas.name: canvas for canvas in drawn.canvases}
    added = [canvases[name] for name in ("Explain", "Nudge", nudge.UP, nudge.DOWN)]
    formulas = sum(
        isinstance(content, str) and not isinstance(content, Text)
        for canvas in added
        for line in canvas.cells.values()
        for content, _ in line.values()
    )
    assert formulas <= MOST_FORMULAS
    titles = {
        content for line in canvases[nudge.UP].cells.values() for content, style in line.values() if "title" in style
    }
    assert any(title.startswith("input1 ") for title in titles)
    assert not any(title.startswith(("pixels", "average pool", "halved image")) for title in titles)
    assert canvases[nudge.UP].hidden
    assert canvases[nudge.DOWN].hidden


class Cubed(nn.Module):
    """± w³: the slope by nudging is ± (3w² + ε²), so what it misses the gradient by is known."""

    def __init__(self, w: float, sign: int) -> None:
        super().__init__()
        self.w, self.sign = nn.Parameter(torch.tensor(w, dtype=torch.float64)), sign

    def forward(self) -> torch.Tensor:
        return self.sign * self.w**3


@pytest.mark.parametrize("sign", only_quick([1, -1], -1))
@pytest.mark.parametrize(("w", "agrees", "differs"), [(0.5, 0.00099, 0.00101), (10.0, 0.0173, 0.0174)])
def test_they_agree_to_a_millionth_of_the_gradient(w, agrees, differs, sign, tmp_path):
    book = Book(Cubed(w, sign), (), tmp_path)
    book.live.type({"epsilon": agrees})
    assert book.live.value(VERDICT_CELL) == "They agree: the gradient is right"
    book.live.type({"epsilon": differs})
    assert book.live.value(VERDICT_CELL).startswith("They agree up to the curvature")


class Kinked(nn.Module):
    """A ReLU exactly at its kink, and a parameter that leads nowhere."""

    def __init__(self, sign: int) -> None:
        super().__init__()
        self.at_the_kink = nn.Parameter(torch.zeros(2))
        self.unused_here = nn.Parameter(torch.ones(1))
        self.sign = sign

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (F.relu(self.at_the_kink * x).sum() + 0 * self.unused_here.sum()) * 3 * self.sign


@pytest.mark.parametrize("sign", only_quick([1, -1], -1))
def test_at_a_kink_the_two_sides_differ_and_the_sheet_says_so(sign, tmp_path):
    book = Book(Kinked(sign), (torch.tensor([1.0, 2.0]),), tmp_path)
    book.choose("at_the_kink", (1,))
    assert book.live.value(ON_THE_LEFT) == pytest.approx(0, abs=1e-9)
    assert book.live.value(ON_THE_RIGHT) == pytest.approx(6 * sign, abs=1e-9)
    assert book.live.value(NUDGING) == pytest.approx(3 * sign, abs=1e-9)
    assert book.live.value(VERDICT_CELL).startswith("They differ: a kink")
    book.choose("unused_here", (0,))
    assert book.live.value(VERDICT_CELL).startswith("They agree: here the loss does not change")


def test_epsilon_is_asked_for_in_numbers_that_everybody_reads(tmp_path):
    path = Book(Kinked(1), (torch.tensor([1.0, 2.0]),), tmp_path).path
    rules = load_sheet(path, "Nudge").data_validations.dataValidation
    [rule] = [rule for rule in rules if rule.type == "decimal"]
    assert rule.error == "A number from 0.000000000001 to 1, please."
    assert (float(rule.formula1), float(rule.formula2)) == (1e-12, 1)


@each_engine
@pytest.mark.parametrize("book", SLICES[1:], indirect=True)
def test_all_engines_agree(book, engine, tmp_path):
    """With stored values stripped; LibreOffice keeps 15 digits of a number."""
    name, index = "oneconv1.weight", (2, 1, 0, 0)
    changes = {book.live.names["nudge_tensor"]: name, book.live.names["epsilon"]: 1e-3}
    changes |= {book.live.names[f"nudge_index_{k}"]: float(i) for k, i in enumerate(index, 1)}
    found = recalculate(edit(book.path, changes, tmp_path / "edited.xlsx"), engine, tmp_path)
    gradient = book.tensors[f"grad.{name}"][index]
    assert found.value(*NUDGING) == pytest.approx(gradient, rel=1e-4)
    assert found.value(*BACKPROPAGATION) == pytest.approx(gradient, rel=1e-12)
    assert found.value(*PYTORCH) == pytest.approx(gradient, rel=1e-9)
    for col, shift in ((nudge.LEFT, -1e-3), (nudge.RIGHT, 1e-3)):
        assert found.value("Nudge", cell(nudge.LOSSES + 1, col)) == pytest.approx(
            book.loss(name, index, shift), rel=1e-9
        )
