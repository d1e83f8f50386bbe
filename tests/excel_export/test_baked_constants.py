"""Numbers that would not follow when a cell is changed are refused, and no others."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.tiny import Fails, Net

X = torch.tensor([[1.0, 0.0, 0.5]])
HALVES = torch.full((1, 3), 0.5).double()


class Layer(nn.Module):
    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.l = nn.Linear(3, 2)
        self.zero = nn.Parameter(torch.zeros(2))
        self.register_buffer("mask", torch.tensor([1.0, 0.0]))
        self.function = function

    def forward(self, x):
        return self.function(self, x) + (self.l(x) * self.zero).sum()


AT_FIRST = Layer(None).l.weight[0, 1].item()


def weight(module):
    return dict(module.named_parameters())["l.weight"]


def bias(module):
    return dict(module.named_parameters())["l.bias"]


def zero(module):
    return dict(module.named_parameters())["zero"]


def unseen(function):
    """Compute where no recorder sees it, as an extension does."""
    with torch._C.DisableTorchFunction():
        return function()


@pytest.mark.parametrize(
    "function",
    [
        lambda self, x: x.sum() * unseen(lambda: weight(self).detach()[0, 1]),
        lambda self, x: x.sum() * unseen(lambda: weight(self).tolist()[0][0]),
        lambda self, x: x.sum() * unseen(lambda: zero(self).detach().sum()),
        lambda self, x: x.clamp(-1, unseen(lambda: 3 + bias(self)[0].item())).sum(),
        lambda self, x: F.pad(x, (1, 1), value=unseen(lambda: zero(self)[0].item())).sum(),
        # Only smaller numbers can be tried, or only larger ones.
        lambda self, x: F.binary_cross_entropy(x, HALVES) + x.sum() * unseen(lambda: weight(self).detach()[0, 1]),
        lambda self, x: ((x[0, 0] - 1) ** 1.5).sum() + x.sum() * unseen(lambda: weight(self).detach()[0, 1]),
        # A larger number takes another branch.
        lambda self, x: (
            (-x if unseen(lambda: weight(self)[0, 1].item()) > AT_FIRST else x).sum()
            * unseen(lambda: weight(self)[0, 1].item())
        ),
    ],
)
def test_baked_constants_are_refused(function):
    with pytest.raises(
        ExportError, match=r"'.*' reads numbers that were computed from parameters or inputs"
    ) as refusal:
        confirmed_trace(Layer(function), (X,))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "function",
    [
        lambda self, x: (self.l(x) * self.mask).sum(),
        lambda self, x: (self.l(x) * self.mask.exp()).sum(),
        lambda self, x: (x * torch.tensor([0.1, float("nan"), 0.3]).nan_to_num()).sum(),
        lambda self, x: torch.where(x > 0.2, x, 0.1).sum() + x[:, [2, 0]].sum() + x[..., None].sum(),
        lambda self, x: (self.l(x).detach() * self.l(x)).sum(),
        lambda self, x: F.binary_cross_entropy(x, HALVES),
        lambda self, x: self.l(x).sum(dim=(0, 1)),
        lambda self, x: x.sum() * weight(self).detach()[0, 1] + zero(self).detach().sum(),
    ],
)
def test_constants_and_settings_are_not(function):
    confirmed_trace(Layer(function), (X,))


@pytest.mark.parametrize(
    "function",
    [
        lambda x, labels, mask: (x * unseen(lambda: labels == 1)).sum(),
        lambda x, labels, mask: (x * unseen(lambda: mask.float())).sum(),
        lambda x, labels, mask: (x * unseen(lambda: (x > 0.2).double())).sum(),
    ],
)
def test_whole_numbers_and_truth_values_that_are_pasted_are_refused(function):
    module = Net(lambda self, x, labels, mask: function(x, labels, mask))
    for labels in ([0, 1, 1], [1, 1, 1]):
        with pytest.raises(ExportError, match="'mul' reads numbers that were computed from parameters or inputs"):
            confirmed_trace(module, (X[0], torch.tensor(labels), torch.tensor([True, False, True])))


def test_what_is_printed_of_other_numbers_is_not_seen(capsys):
    def prints(x):
        print(f"{x.sum():.4f}")
        return x.sum()

    confirmed_trace(Fails(prints), (X,))
    assert set(capsys.readouterr().out.split()) == {"1.5000"}
