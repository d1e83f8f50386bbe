"""The cases of excel_export/ops/activations_with_settings.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import BORDERS, FAR, IMAGE, NOT_NEAR_1, NUMBERS, ROW, Example, Extreme, randn
from tests.support.cases._families import elementwise


def prelu():
    weights = torch.tensor([0.25, -0.5, 2.0])
    yield Example("", F.prelu, ROW, torch.tensor([0.25]))
    yield Example("at zero", nn.PReLU(), BORDERS)
    yield Example("a weight for each channel", F.prelu, IMAGE, weights)
    yield Example("a weight for each column", torch.prelu, randn(4, 3), weights)
    yield Example("of a vector", nn.PReLU(init=-0.3), randn(5))
    yield Example("one weight for pictures", F.prelu, IMAGE, torch.tensor([0.1]))
    yield Example("of one number", F.prelu, torch.tensor(-1.5), torch.tensor(0.3))
    yield Extreme("", lambda x: F.prelu(x, torch.tensor([0.3], dtype=x.dtype)), NUMBERS, by_element=True, decides=True)


def hardtanh():
    yield from elementwise(F.hardtanh, decides=True, numbers=NOT_NEAR_1)
    yield Example("at the bounds", nn.Hardtanh(-0.5, 1), torch.tensor([[-2.0, -0.5, 0.1, 1, 3.0]]))
    yield Example("relu6", F.relu6, torch.tensor([[-2.0, 0, 0.1, 6, 7.0]]))
    yield Extreme("relu6", F.relu6, NUMBERS, by_element=True, decides=True)


def gelu():
    yield from elementwise(F.gelu, cancels=True)
    yield Example("saturated", nn.GELU(), FAR)
    yield Example("tanh", lambda x: F.gelu(x, approximate="tanh"), randn(3, 4) * 3)
    yield Example("tanh saturated", nn.GELU("tanh"), FAR)
    yield Extreme("tanh", nn.GELU("tanh"), NUMBERS, by_element=True, cancels=True)
