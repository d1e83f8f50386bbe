"""Masks: where −∞ goes in, the workbook shows what PyTorch shows, also after the mask was changed."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, verify
from excel_export.shared.difference import difference
from tests.support.engines import each_engine, recalculate

CAUSAL = nn.Transformer.generate_square_subsequent_mask(3)


class Masked(nn.Module):
    """Scores, masked in one of the usual ways, and their softmax."""

    def __init__(self, mask):
        super().__init__()
        torch.manual_seed(0)
        self.mask = mask
        self.key = nn.Linear(4, 4)
        self.register_buffer("causal", CAUSAL)
        self.register_buffer("lower", torch.tril(torch.ones(3, 3)))
        self.register_buffer("least", torch.full((3, 3), torch.finfo(torch.float64).min, dtype=torch.float64).triu(1))

    def forward(self, x, added):
        scores = self.mask(self, x @ self.key(x).T, added)
        return F.mse_loss(scores.softmax(-1) @ x, x.flip(0))


MASKS = {
    "a buffer": lambda net, s, added: s + net.causal,
    "an input": lambda net, s, added: s + added,
    "both": lambda net, s, added: s + net.causal + added,
    "masked_fill": lambda net, s, added: s.masked_fill(net.lower == 0, float("-inf")),
    "masked_fill_": lambda net, s, added: (s * 1).masked_fill_(net.lower == 0, -torch.inf),
    "where": lambda net, s, added: torch.where(net.lower > 0, s, -torch.inf),
    "the least number there is": lambda net, s, added: s + net.least,
    "made in forward": lambda net, s, added: s + torch.full_like(s, -torch.inf).triu(1),
    "moved and indexed": lambda net, s, added: s + torch.full((3, 3), -torch.inf).triu(1).to(s)[:2].repeat(2, 1)[:3],
    "moved and viewed": lambda net, s, added: (
        s + torch.full((3, 3), -torch.inf).triu(1).to(s).T[None].expand(1, 3, 3)[0]
    ),
    "of what is computed": lambda net, s, added: s.masked_fill(s < s.mean(-1, keepdim=True), -torch.inf),
}


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_of_infinity_is_as_in_pytorch(mask, tmp_path):
    net, inputs = Masked(MASKS[mask]), (torch.randn(3, 4), CAUSAL)
    export(net, inputs, tmp_path / "net.xlsx")
    report = verify(recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path, net, inputs)
    assert report.ok, report


@each_engine
def test_every_engine_knows_what_stands_for_infinity(engine, tmp_path):
    net, inputs = Masked(MASKS["both"]), (torch.randn(3, 4), CAUSAL)
    export(net, inputs, tmp_path / "net.xlsx")
    assert verify(recalculate(tmp_path / "net.xlsx", engine, tmp_path).path, net, inputs).ok


def test_beside_infinity_other_numbers_still_count():
    expected = np.array([-np.inf, 1.0, 2.0])
    assert difference(np.array([-1e300, 1.0, 2.0]), expected) == 0
    assert difference(np.array([-2e300, 1.0, 2.5]), expected) == 0.25
    assert difference(np.array([1e300, 1.0, 2.0]), expected) == np.inf
    assert difference(np.array([0.0, 1.0, 2.0]), expected) == np.inf
