"""The cases of excel_export/ops/activations.py."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import FAR, NUMBERS, Example, Extreme, randn
from tests.support.cases._families import elementwise

_CORNERS = torch.tensor([[-4.0, -3.0, 0.0, 2.9, 3.0, 4.0]])


def _bent(function):
    yield from elementwise(function, decides=True)
    yield Example("another alpha", lambda x: function(x, 1.5), randn(3, 4))
    yield Example("saturated", lambda x: function(x, 0.7), FAR)
    yield Extreme("another alpha", lambda x: function(x, 1.5), NUMBERS, by_element=True, decides=True)


relu = partial(elementwise, F.relu, module=nn.ReLU, decides=True)

sigmoid = partial(elementwise, torch.sigmoid, module=nn.Sigmoid, cancels=True)

logsigmoid = partial(elementwise, F.logsigmoid, module=nn.LogSigmoid)

silu = partial(elementwise, F.silu, module=nn.SiLU, cancels=True)

selu = partial(elementwise, F.selu, module=nn.SELU, decides=True)


def hardsigmoid():
    yield from elementwise(F.hardsigmoid, module=nn.Hardsigmoid, decides=True)
    yield Example("at the corners", F.hardsigmoid, _CORNERS)


def hardswish():
    yield from elementwise(F.hardswish, module=nn.Hardswish, decides=True)
    yield Example("at the corners", F.hardswish, _CORNERS)


leaky_relu = partial(elementwise, F.leaky_relu, Example("another slope", nn.LeakyReLU(0.2), randn(3, 4)), decides=True)

elu = partial(_bent, F.elu)


def celu():
    yield from _bent(F.celu)
    yield Example("an alpha that float32 rounds", nn.CELU(1.2), -randn(3, 4).abs())


def softplus():
    yield from elementwise(F.softplus)
    yield Example("saturated", nn.Softplus(), FAR)
    yield Example("beta and threshold", nn.Softplus(beta=2.5, threshold=3), FAR)
    yield Example("threshold", lambda x: F.softplus(x, threshold=1), randn(3, 4))
    yield Extreme("beta", nn.Softplus(3, 1), NUMBERS, by_element=True)
