"""Numbers that would not follow when a cell is changed are refused, and no others."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError
from excel_export.compiler.confirm import confirmed_trace

X = torch.tensor([[1.0, 0.0, 0.5]])


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


@pytest.mark.parametrize(
    "function",
    [
        lambda self, x: x.sum() * dict(self.named_parameters())["l.weight"].detach()[0, 1],
        lambda self, x: x.sum() * dict(self.named_parameters())["l.weight"].tolist()[0][0],
        lambda self, x: x.sum() * dict(self.named_parameters())["zero"].detach().sum(),
        lambda self, x: x.clamp(-1, 3 + dict(self.named_parameters())["l.bias"][0].item()).sum(),
        lambda self, x: F.pad(x, (1, 1), value=dict(self.named_parameters())["zero"][0].item()).sum(),
        # Only larger or only smaller numbers can be tried.
        lambda self, x: (
            F.binary_cross_entropy(x, torch.full((1, 3), 0.5).double())
            + x.sum() * dict(self.named_parameters())["l.weight"].detach()[0, 1]
        ),
        lambda self, x: (
            torch.where(torch.ones(()) > 0, F.one_hot(x.long()).sum(), 0).float()
            + x.sum() * dict(self.named_parameters())["l.weight"].detach()[0, 1]
        ),
    ],
)
def test_pasted_numbers_are_refused(function):
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
        lambda self, x: F.binary_cross_entropy(x, torch.full((1, 3), 0.5).double()),
        lambda self, x: self.l(x).sum(dim=(0, 1)),
    ],
)
def test_constants_and_settings_are_not(function):
    confirmed_trace(Layer(function), (X,))
