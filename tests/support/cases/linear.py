"""The cases of excel_export/ops/linear.py."""

import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import NARROW, ROW, Example, Extreme, randn


def linear():
    yield Example("", nn.Linear(3, 2), ROW)
    yield Example("small", F.linear, randn(3, 2), randn(4, 2))
    yield Example("wide", F.linear, randn(3, 9), randn(4, 9))
    yield Example("module", nn.Linear(9, 2), randn(1, 9))
    yield Example("large batch", nn.Linear(2, 3), randn(7, 2))
    yield Example("vector", nn.Linear(4, 3), randn(4))
    yield Example("long vector", nn.Linear(9, 7), randn(9))
    yield Example("sequence", nn.Linear(4, 3), randn(2, 3, 4))
    yield Example("long sequence", nn.Linear(9, 7), randn(2, 3, 9))
    yield Example("4-D", nn.Linear(7, 6, bias=False), randn(2, 2, 3, 7))
    yield Extreme("", F.linear, NARROW, NARROW)
