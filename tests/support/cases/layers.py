"""The cases of excel_export/composites/layers.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import BORDERS, IMAGE, Example, randn


def rrelu():
    yield Example("", nn.RReLU().eval(), randn(2, 3))
    yield Example("at zero", lambda x: F.rrelu(x, 0.1, 0.3), BORDERS)


def bilinear():
    yield Example("", nn.Bilinear(2, 3, 2), randn(2, 2), randn(2, 3))
    yield Example("vectors", nn.Bilinear(2, 1, 2), randn(2), randn(1))


def instance_norm():
    yield Example("", nn.InstanceNorm1d(2), randn(1, 2, 3))
    norm = nn.InstanceNorm2d(3, affine=True, track_running_stats=True)
    yield Example("in training", norm, IMAGE)
    yield Example("with running statistics", nn.InstanceNorm2d(3, track_running_stats=True).eval(), IMAGE)


def addmm():
    yield Example("", lambda x, y: torch.addmm(x[0], x, y), randn(3, 3), randn(3, 3))
    yield Example("scaled", lambda x, y: x.addmm(x, y, beta=0.5, alpha=-2), randn(3, 3), randn(3, 3))
    yield Example("of batches", lambda x, y: torch.baddbmm(x, x, y), randn(2, 3, 3), randn(2, 3, 3))
    yield Example("by name", lambda x, y: x.baddbmm(batch1=x, batch2=y), randn(2, 3, 3), randn(2, 3, 3))
    yield Example("of a vector", lambda x, y: torch.addmv(y, x, y, beta=0), randn(3, 3), randn(3))


def linear():
    yield Example("", F.linear, randn(2, 3), randn(3))
    yield Example("a bias", lambda x, w: F.linear(x, w, w.sum()), randn(2, 2, 3), randn(3))
