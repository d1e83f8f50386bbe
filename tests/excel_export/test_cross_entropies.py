"""Which cross-entropies are −ln p of a label: of them, the slope at the logits is p − y."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.compiler.trace.tracer import trace
from excel_export.sheets.cross_entropies import cross_entropies

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
