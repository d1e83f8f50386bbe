"""Lengths and distances that are 0: PyTorch's gradient is 0 there, and so is the sheet's, also after an edit."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import read_tensors
from tests.support.engines import each_engine, recalculate
from tests.support.long_proofs import only_quick
from tests.support.passes import each_writer
from tests.support.retyped import reports_after_edits

ROWS = torch.tensor([[1.0, 0.5], [2, 5], [3, 3]])
ZEROS = torch.tensor([[0.0, 0], [1, 0], [1, 0]])
FUNCTIONS = {
    "norm": lambda x, p: x.norm(p) + x.norm(p, dim=0),
    "linalg": lambda x, p: torch.linalg.norm(x[0], p),
    "normalize": lambda x, p: F.normalize(x, p, dim=1, eps=0.25),
    "cdist": lambda x, p: torch.cdist(x, x, p),
    "dist": lambda x, p: torch.dist(x[1], x[2], p),
    "renorm": lambda x, p: x.renorm(p, 0, 1.5),
}
APART = torch.linspace(0, 3, 12).reshape(4, 3).sin()
LABELS = torch.tensor([0, 0, 1, 1])


@pytest.mark.parametrize("p", only_quick([0.5, 1, 1.5, 2, 3, math.inf], 0.5, 2, math.inf))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_length_of_0_has_the_gradient_0(name, p, tmp_path):
    edits = [[ZEROS], [torch.zeros(3, 2)], [torch.tensor([[1.0, -1], [2, 0], [0, 0]])]]
    for report in reports_after_edits(lambda x: FUNCTIONS[name](x, p), [ROWS], edits, ["ironcalc"], tmp_path):
        assert report.ok, report


@each_engine
def test_every_engine_has_the_gradient_0(engine, tmp_path):
    def lengths(x):
        return torch.cat([function(x, p).flatten() for function in FUNCTIONS.values() for p in (1.5, 2, 3)])

    for report in reports_after_edits(lengths, [ROWS], [[ZEROS], [torch.zeros(3, 2)]], [engine], tmp_path):
        assert report.ok, report


def test_a_row_of_zeros_has_a_cosine(tmp_path):
    def cosines(x):
        return F.cosine_similarity(x, x.flip(1) + 1, eps=0.5)

    for report in reports_after_edits(cosines, [ROWS], [[ZEROS]], ["ironcalc"], tmp_path):
        assert report.ok, report


class BatchHard(nn.Module):
    """A triplet loss of the furthest equal and the nearest other example, by all distances of a batch."""

    def forward(self, x):
        distances = torch.cdist(x, x)
        same = LABELS[:, None] == LABELS
        furthest = (distances * same).amax(1)
        return F.relu(furthest - distances.masked_fill(same, math.inf).amin(1) + 1).mean()


class EdgeConv(nn.Module):
    """What each point learns of its nearest neighbours, which PyTorch finds without gradients."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(6, 2)

    def forward(self, x):
        with torch.no_grad():
            nearest = torch.cdist(x, x).topk(2, largest=False).indices
        neighbours = x[nearest]
        own = x[:, None].expand_as(neighbours)
        return self.layer(torch.cat((own, neighbours - own), -1)).amax(1).square().sum()


@each_writer
@pytest.mark.parametrize("network", [BatchHard, EdgeConv])
def test_the_distance_of_a_row_from_itself_teaches_nothing(network, write, tmp_path):
    module, x = network().double(), APART.double().requires_grad_()
    write(module, (x.detach(),), tmp_path / "net.xlsx")
    found = read_tensors(recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path)
    loss = module(x)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(found["grad.x"], x.grad.numpy(), rtol=1e-9, atol=1e-12)
