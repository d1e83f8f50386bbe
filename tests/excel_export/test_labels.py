"""Labels that do not count, and labels that there are none of."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors
from tests.support.engines import edit, recalculate
from tests.support.places import cells_of

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()
LABELS = torch.tensor([0, -100, 1])
LOSSES = {
    "cross_entropy": F.cross_entropy,
    "nll_loss": F.nll_loss,
    "smoothing": lambda x, label: F.cross_entropy(x, label, label_smoothing=0.2, reduction="sum"),
}


class Loss(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function, self.layer = function, nn.Linear(4, 4).double()

    def forward(self, x, label):
        return self.function(self.layer(x), label)


def typed(loss, label, tmp_path):
    """What the workbook and PyTorch say of the loss when a label is typed."""
    torch.manual_seed(0)
    net = Loss(LOSSES[loss])
    path = tmp_path / "net.xlsx"
    export(net, (X, LABELS), path)
    edit(path, {cells_of(path, "label")[2]: label}, tmp_path / "edited.xlsx")
    found = read_tensors(recalculate(tmp_path / "edited.xlsx", "ironcalc", tmp_path).path)
    return found["loss"], net, torch.tensor([0, -100, label])


@pytest.mark.parametrize("label", [-100, 0, 3])
@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss", "smoothing"])
def test_a_label_is_typed(loss, label, tmp_path):
    found, net, labels = typed(loss, label, tmp_path)
    assert found == pytest.approx(net(X, labels).item(), rel=1e-12)


@pytest.mark.parametrize("label", [-1, -50, -99])
@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss", "smoothing"])
def test_a_label_that_there_is_none_of_gives_no_loss(loss, label, tmp_path):
    found, _, _ = typed(loss, label, tmp_path)
    assert np.isnan(found)
