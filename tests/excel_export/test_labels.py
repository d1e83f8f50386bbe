"""Labels that do not count, and labels that there are none of."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from tests.support.cells import cells_of
from tests.support.live import Live
from tests.support.long_proofs import only_quick

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


@pytest.fixture(scope="module", params=only_quick(LOSSES, "smoothing"))
def typed(request, tmp_path_factory):
    """A network, and what its workbook says of the loss when a label is typed."""
    torch.manual_seed(0)
    net, folder = Loss(LOSSES[request.param]), tmp_path_factory.mktemp("labels")
    export(net, (X, LABELS), folder / "net.xlsx")
    live, place = Live(folder / "net.xlsx", folder), cells_of(folder / "net.xlsx", "label")[2]

    def loss(label):
        live.type({place: label})
        return live.value("loss")

    return net, loss


@pytest.mark.parametrize("label", [-100, 0, 3])
def test_a_label_is_typed(typed, label):
    net, loss = typed
    assert loss(label) == pytest.approx(net(X, torch.tensor([0, -100, label])).item(), rel=1e-12)


@pytest.mark.parametrize("label", [-1, -50, -99])
def test_a_label_that_there_is_none_of_gives_no_loss(typed, label):
    assert str(typed[1](label)).startswith("#")
