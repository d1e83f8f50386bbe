"""`torch.tensor` and its like, of tensors: the type that is asked for counts, also after an edit."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, verify
from tests.support.retyped import reports_after_edits

X, N = torch.tensor([1.0, 2.0, 0.0]), torch.tensor([1, 0, 2])
EDITS = [[torch.tensor([1.5, -2.75, 3.0]), torch.tensor([0, 0, 1])], [torch.tensor([0.0, 0.5, -0.5]), N]]
MADE = {
    "whole": lambda x, n: torch.tensor(x.detach(), dtype=torch.long),
    "truth": lambda x, n: torch.tensor(x.detach(), dtype=torch.bool),
    "as float": lambda x, n: torch.as_tensor(n, dtype=torch.double) * 0.3,
    "asarray": lambda x, n: torch.asarray(x.detach(), dtype=torch.long),
    "as it is": lambda x, n: torch.as_tensor(x) * torch.as_tensor(n),
    "a list": lambda x, n: torch.tensor([n[0], 1, n[1]]),
    "a list of lists": lambda x, n: torch.tensor([[n[0], 0.5], [True, x[1].detach()]]).sum(),
    "a list of truth": lambda x, n: torch.tensor([n[0] > 0, True, n[2] > 1]),
    "a list with a type": lambda x, n: torch.tensor([n[0], n[1], 3], dtype=torch.bool),
}


@pytest.mark.filterwarnings("ignore:To copy construct")
@pytest.mark.parametrize("case", MADE)
def test_a_type_that_is_asked_for_counts(case, tmp_path):
    def function(x, n):
        return x * MADE[case](x, n)

    for report in reports_after_edits(function, [X, N], EDITS, ["ironcalc"], tmp_path):
        assert report.ok, report


class Layer(nn.Module):
    """A layer, and a loss of what it says."""

    def __init__(self, loss):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.loss = nn.Linear(3, 3), loss

    def forward(self, x, n):
        return self.loss(self.layer(x), x, n)


LOSSES = {
    "labels": lambda z, x, n: F.cross_entropy(z.expand(2, 3), torch.tensor([n[0], 1])),
    "a target": lambda z, x, n: F.binary_cross_entropy(z.sigmoid(), torch.tensor(n > 0, dtype=torch.float)),
    "as a target": lambda z, x, n: F.binary_cross_entropy(z.sigmoid(), torch.as_tensor(n > 0, dtype=torch.float)),
    "a mask": lambda z, x, n: (z * (1 - torch.tensor(x > 0, dtype=torch.float32))).sum(),
}


@pytest.mark.filterwarnings("ignore:To copy construct")
@pytest.mark.parametrize("case", LOSSES)
def test_a_loss_takes_what_is_made_of_inputs(case, tmp_path):
    module = Layer(LOSSES[case])
    export(module, (X, N), tmp_path / "net.xlsx")
    assert verify(tmp_path / "net.xlsx", module, (X, N)).ok
