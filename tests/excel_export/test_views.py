"""A tensor as a picture, and losses that are −ln p."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.compiler.trace.tracer import trace
from excel_export.pages.tiles import tiles_of
from excel_export.sheets.cross_entropies import cross_entropies

HEIGHT, WIDTH = 28, 39


@pytest.mark.parametrize(
    "shape", [(), (1,), (39,), (75,), (4, 3), (28, 39), (8, 13, 9), (8, 14, 4), (6, 3, 5, 5)], ids=str
)
def test_no_two_elements_are_in_one_place(shape):
    tiles = tiles_of(shape)
    elements = [*tiles.elements()]
    assert sorted(index for *_, index in elements) == [*itertools.product(*map(range, shape))]
    taken = {
        (row + down, column + right)
        for row, column, _ in elements
        for down, right in itertools.product(range(tiles.size), repeat=2)
    }
    assert len(taken) == len(elements) * tiles.size**2
    assert taken <= {*itertools.product(range(tiles.height), range(tiles.width))}
    assert tiles.height <= HEIGHT
    assert tiles.width <= WIDTH


@pytest.mark.parametrize(("shape", "side"), [((13,), 3), ((19,), 2), ((39,), 1), ((8, 13, 2), 2)])
def test_squares_are_as_large_as_the_picture_has_room_for(shape, side):
    assert tiles_of(shape).size == side


@pytest.mark.parametrize(("shape", "in_a_line"), [((1, 3, 2, 2), 3), ((1, 3, 4, 4), 3), ((2, 1, 2, 2), 2)])
def test_the_channels_of_a_filter_are_in_one_line_and_filters_of_one_channel_beside_each_other(shape, in_a_line):
    begins = {column for _, column, index in tiles_of(shape).elements() if index[2:] == (0, 0)}
    assert len(begins) == in_a_line


FEATURES = torch.tensor([[0.4, -1.2, 0.7]], dtype=torch.float64)


class Net(nn.Module):
    """A layer and its cross-entropy, in whatever way `loss` makes it."""

    def __init__(self, loss):
        super().__init__()
        self.layer = nn.Linear(3, 4)
        self.loss = loss

    def forward(self, x, label):
        return self.loss(self.layer(x), label)


def found(loss):
    return cross_entropies(trace(Net(loss).double(), (FEATURES, torch.tensor([2]))))


@pytest.mark.parametrize(
    "loss",
    [
        F.cross_entropy,
        lambda logits, label: F.cross_entropy(logits, label, reduction="sum"),
        lambda logits, label: F.cross_entropy(logits, label) / 2 + torch.softmax(logits, dim=1).amax().pow(2),
    ],
    ids=["mean", "sum", "two ways"],
)
def test_it_is_found_with_its_logits_and_its_label(loss):
    (item,) = found(loss)
    assert (item.logits.name, item.target.name) == ("layer", "label")
    assert item.classes == [(0, 0), (0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(torch.arange(1.0, 5.0)),
        lambda logits, label: F.cross_entropy(logits, label, label_smoothing=0.1),
        lambda logits, label: F.cross_entropy(logits, label, ignore_index=3),
        lambda logits, label: F.cross_entropy(logits, torch.full((1, 4), 0.25)) + 0 * label.sum(),
        lambda logits, label: F.mse_loss(logits, F.one_hot(label, 4).double()),
    ],
    ids=["weights", "smoothing", "ignore_index", "probabilities", "no cross-entropy"],
)
def test_others_are_not(loss):
    assert found(loss) == []
