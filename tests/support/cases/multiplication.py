"""The cases of excel_export/ops/multiplication.py."""

from functools import partial

import torch

from tests.support.cases._example import IMAGE, NUMBERS, ROW, Example, Extreme, doubles, randn
from tests.support.cases._families import pairwise

_SIGNS = torch.tensor([[7.0, -7.0, 6.0, -6.0, 0.5]]), torch.tensor([[3.0], [-3.0], [0.75]])
_FEW = doubles(1e-300, 1e-8, 0.3, 7, 1e150)
_PAIRS = torch.stack((torch.cat((_FEW * 2.5, _FEW * -2.5)), torch.cat((_FEW, _FEW))))


def mul():
    yield from pairwise(torch.mul)
    yield Example("in Python", lambda x, y: x * y, randn(3, 4), randn(3, 1))
    yield Example("broadcast over hundreds", lambda x, y: x * y, randn(20, 15), randn(1))
    yield Example("broadcast an image first", torch.mul, randn(3, 1, 1), IMAGE)


def div():
    yield from pairwise(torch.div, far=4)
    yield Example("in Python", lambda x, y: x / y, randn(3, 4), randn(1, 4) + 3)
    yield Example("broadcast over hundreds", lambda x, y: x / y, randn(20, 15), torch.tensor([2.5]))
    yield Example("rounded down", lambda x, y: x.div(y, rounding_mode="floor") * x, randn(3, 4), randn(4) / 3)
    yield Example("cut off", lambda x: torch.div(x, -0.3, rounding_mode="trunc") * x, randn(3, 4))


def rdiv():
    yield Example("", lambda x: 2 / x, ROW + 3)
    yield Example("negative number", lambda x: -2 / x, randn(3, 4) + 4)
    yield Example("one", lambda x: 1 / x, randn(3, 4) - 4)
    yield Extreme("", lambda x: 3 / x, NUMBERS, by_element=True)
    yield Extreme("tiny", lambda x: 1e-300 / x, NUMBERS, by_element=True)


def _remainder(function, method):
    yield Example("", lambda x: method(x.detach(), 0.3) * x, ROW)
    yield Example("signs", lambda x, y: method(x.detach(), y.detach()) * x, *_SIGNS)
    yield Example("of a number", lambda x: function(torch.tensor(5), x.detach()) * x, randn(3, 4))
    yield Example("of whole numbers", lambda x: method(x, 2) * 1.5, torch.tensor([-3, 0, 5]))
    yield Example("with a gradient", lambda x: method(x, 0.3), ROW)
    yield Example("signs, with gradients", function, *_SIGNS)
    yield Extreme("", lambda x, y: function(x.detach(), y.detach()) * x * y, *_PAIRS, by_element=True)
    yield Extreme("with gradients", function, *_PAIRS, by_element=True)


remainder = partial(_remainder, torch.remainder, torch.Tensor.__mod__)
fmod = partial(_remainder, torch.fmod, torch.Tensor.fmod)
