"""The thread of the story: its slopes are PyTorch's, each next number has the largest share, its paths are counted."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from excel_export.book.composition import start_book
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Reference, as_expression
from excel_export.sheets.book_elements import elements_of, followed_by
from excel_export.views.thread import count_paths, thread_of
from tests.support.eager_numbers import pairs, run_eagerly
from tests.support.kinds import network_of
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.story_workbooks import ALL

NOT_WATCHED = ("example letters", "lesson recurrence")
"""A recurrent layer is one function of PyTorch: nothing within it can be watched."""
QUICK = (
    "example attention",
    "example small_cnn",
    "example xor",
    "lesson attention",
    "lesson batch",
    "lesson two-layers",
)


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.a, self.b, self.c = nn.Linear(3, 4), nn.Linear(4, 3), nn.Linear(3, 1)

    def forward(self, x, y):
        return F.mse_loss(self.c(torch.sigmoid(self.b(torch.tanh(self.a(x))))), y)


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b, self.c = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 2), nn.Linear(2, 3)

    def forward(self, x, label):
        x = F.max_pool2d(F.relu(self.a(x)), 2)
        return F.cross_entropy(self.c(F.relu(self.b(x)).flatten(1)), label)


class Residual(nn.Module):
    """A skip connection, along which most of the gradient comes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.a, self.b, self.c = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x, y):
        h = self.a(x)
        return ((self.c(h + 0.1 * torch.tanh(self.b(h))) - y) ** 2).mean()


OWN = {
    "perceptron": (Perceptron, {"x": torch.linspace(-1, 1, 6).reshape(2, 3), "y": torch.tensor([[0.5], [-0.5]])}),
    "convolutions": (
        Convolutions, {"x": torch.linspace(-2, 2, 36).sin().reshape(1, 1, 6, 6), "label": torch.tensor([1])},
    ),
    "residual": (Residual, {"x": torch.linspace(-1, 1, 3).reshape(1, 3), "y": torch.ones(1, 2)}),
}  # fmt: skip


def network(kind):
    if kind in OWN:
        make, inputs = OWN[kind]
        return make(), inputs
    return network_of(kind)


def threaded(kind):
    """The book of a network, and what PyTorch alone computes for it."""
    module, inputs = network(kind)
    eager = run_eagerly(copy.deepcopy(module), inputs)
    return start_book(trace(module, inputs), 0.1), eager


@pytest.mark.parametrize("kind", only_quick([*OWN, *ALL], *OWN, *QUICK))
def test_it_leads_from_a_weight_to_the_loss(kind):
    book, eager = threaded(kind)
    beads = followed_by(book)
    assert beads[0].value.kind == "parameter"
    assert beads[-1].value is book.graph.loss
    [gradient] = {float(eager.gradient(each)[beads[0].index]) for each in eager.find(beads[0].value.data)} or {None}
    assert gradient == pytest.approx(float(np.abs(beads[0].value.gradient).max()) * np.sign(gradient))


@pytest.mark.parametrize("kind", only_quick([*OWN, *(each for each in ALL if each not in NOT_WATCHED)], *OWN, *QUICK))
def test_the_slopes_are_pytorchs_local_derivatives(kind, tmp_path):
    module, inputs = network(kind)
    book, eager = threaded(kind)
    export(module, inputs, tmp_path / "net.xlsx")
    live = Live(tmp_path / "net.xlsx", tmp_path)
    beads = followed_by(book)
    slopes = [1 if bead.slope is None else as_expression(bead.slope).text("") for bead in beads[:-1]]
    sheet = live.sheets[0]
    numbers = [live.value(place) for place in live.add(sheet, [f"={slope}" for slope in slopes])]
    checked, along = 0, 1.0
    for (here, there), number in zip(pairs(beads), numbers, strict=True):
        known = _local(eager, here, there)
        if known:
            checked += 1
            assert any(number == pytest.approx(each, rel=1e-7, abs=1e-12) for each in known), (
                here,
                there,
                number,
                known,
            )
        along *= number
    assert checked >= (len(beads) - 1) / 2
    if kind in OWN:
        assert checked == len(beads) - 1
        assert along == pytest.approx(
            math.prod(_local(eager, here, there)[0] for here, there in pairs(beads)), rel=1e-7
        )


def _local(eager, here, there) -> list[float]:
    """How fast the next number grows with this one, by autograd; for each pair of tensors that may be meant."""
    found = [
        eager.slope(of, there.index, by, here.index)
        for by in eager.find(here.value.data) for of in eager.find(there.value.data) if of is not by
    ]  # fmt: skip
    return [each for each in found if each is not None]


@pytest.mark.parametrize("kind", OWN)
def test_each_next_number_has_the_largest_share(kind):
    book, eager = threaded(kind)
    for here, there in pairs(followed_by(book)):
        [by] = eager.find(here.value.data)
        # All numbers that the calls behind it make: the slope to each, times the gradient that arrives there.
        shares = {}
        for call in elements_of(book).readers[here.value]:
            for made in call.outputs:
                of = eager.find(made.data)[-1]
                gradient = eager.gradient(of)
                for at in np.ndindex(*made.shape):
                    slope = eager.slope(of, at, by, here.index)
                    shares[id(made), tuple(at)] = 0.0 if slope is None else abs(slope * float(gradient[at]))
        assert shares[id(there.value), there.index] == pytest.approx(max(shares.values()), rel=1e-9)


def test_a_network_in_which_nothing_learns_has_none():
    class Fixed(nn.Module):
        def forward(self, x):
            return (x * x).mean()

    assert thread_of(elements_of(start_book(trace(Fixed(), {"x": torch.ones(3)}), 0.1))) == []


def test_of_several_first_layers_it_takes_the_steepest_weight():
    book, eager = threaded("perceptron")
    [weight] = [each for each in eager.tensors[:6] if each.shape == (4, 3)]
    gradient = eager.gradient(weight).abs()
    assert followed_by(book)[0].index == tuple(map(int, np.unravel_index(int(gradient.argmax()), gradient.shape)))


# --- the paths ------------------------------------------------------------------------------------------------------


def _walked(samples: int, widths: tuple[int, ...]) -> tuple[int, int]:
    """Walk every path from a weight of the first of some dense layers, with an activation behind each but the last.

    Returns how many there are, and how many steps lead from any number on them to the next.
    """
    steps: set[tuple] = set()
    count = 0

    def walk(layer: int, sample: int, unit: int) -> None:
        nonlocal count
        here = ("sum", layer, sample, unit)
        if layer == len(widths) - 1:
            steps.add((here, "loss"))
            count += 1
            return
        bent = ("bent", layer, sample, unit)
        steps.add((here, bent))
        for following in range(widths[layer + 1]):
            steps.add((bent, ("sum", layer + 1, sample, following)))
            walk(layer + 1, sample, following)

    for sample in range(samples):
        steps.add(("weight", ("sum", 0, sample, 0)))
        walk(0, sample, 0)
    return count, len(steps)


class Layers(nn.Module):
    def __init__(self, inputs, *widths):
        super().__init__()
        torch.manual_seed(8)
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in pairs([inputs, *widths])])

    def forward(self, x, y):
        *first, last = self.layers
        for layer in first:
            x = torch.tanh(layer(x))
        return F.mse_loss(last(x), y)


@pytest.mark.parametrize(
    ("samples", "widths"), [(1, (2, 1)), (1, (3, 2, 2)), (2, (2, 3, 1)), (4, (2, 2, 2, 2)), (3, (1, 4, 2))]
)
def test_the_paths_are_as_many_as_one_can_walk(samples, widths):
    inputs = {"x": torch.linspace(-1, 1, 2 * samples).reshape(samples, 2), "y": torch.ones(samples, widths[-1])}
    book = start_book(trace(Layers(2, *widths), inputs), 0.1)
    weight = followed_by(book)[0]
    counted = count_paths(elements_of(book), weight.value, weight.index)
    assert (counted.paths, counted.products) == _walked(samples, widths)


class ReadsTwice(nn.Module):
    """Scores for a loss, and the class of the largest score for a second one."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(8)
        self.scores, self.sum = nn.Linear(2, 3), nn.Linear(1, 1)

    def forward(self, x, label, y):
        scores = self.scores(x)
        read = scores.argmax(dim=1).to(x.dtype)
        return F.cross_entropy(scores, label) + F.mse_loss(self.sum(read[:, None]), y)


def test_paths_through_an_argmax_do_not_count():
    inputs = {"x": torch.tensor([[0.5, -1.0]]), "label": torch.tensor([1]), "y": torch.ones(1, 1)}
    book = start_book(trace(ReadsTwice(), inputs), 0.1)
    weight = next(value for value in book.graph.of_kind("parameter") if value.data.shape == (3, 2))
    assert count_paths(elements_of(book), weight, (0, 1)).paths == 1


def test_no_more_numbers_are_looked_at_than_asked_for():
    inputs = {"x": torch.ones(4, 2), "y": torch.ones(4, 2)}
    book = start_book(trace(Layers(2, 5, 5, 2), inputs), 0.1)
    weight = followed_by(book)[0]
    assert count_paths(elements_of(book), weight.value, weight.index, most=20) is None
    assert count_paths(elements_of(book), weight.value, weight.index, most=200) is not None


def test_a_slope_is_a_cell_a_formula_or_one():
    """A weight is a cell, what moves numbers is 1, and what bends them is a formula."""
    slopes = {bead.through.kind: bead.slope for bead in followed_by(threaded("convolutions")[0])[:-1]}
    assert None in slopes.values()
    assert isinstance(slopes["linear"], Reference)
    [bend] = [slope for name, slope in slopes.items() if "relu" in name.lower()]
    assert "IF(" in bend.text("")
