"""The cases of excel_export/ops/rounding.py."""

from functools import partial

import torch

from tests.support.cases._example import BORDERS, NOT_NEAR_1, Example, randn
from tests.support.cases._families import elementwise

_HALVES = torch.tensor([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], [-2.0, -0.2, 0.0, 0.7, 1.2, 3.0]])

abs = partial(elementwise, torch.abs, decides=True)

neg = partial(elementwise, torch.neg, Example("twice", lambda x: torch.neg(-x) - (-x), randn(3, 4)))

sign = partial(elementwise, torch.sign, Example("times another", lambda x: x.sgn() * x.exp(), BORDERS), decides=True)


def detach():
    yield from elementwise(torch.detach, has_gradient=False)
    yield Example("product", lambda x: x * x.detach(), randn(3, 4))


def _rounding(function):
    yield from elementwise(function, numbers=NOT_NEAR_1, decides=True)
    yield Example("halves", lambda x: function(x) * x, _HALVES)
    yield Example("of whole numbers", lambda x: function(x) * 1.5, torch.tensor([-3, 0, 5]))


floor = partial(_rounding, torch.floor)

ceil = partial(_rounding, torch.ceil)

round = partial(_rounding, torch.round)
