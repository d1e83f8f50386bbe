"""The cases of excel_export/ops/comparison.py."""

from functools import partial

import torch

from tests.support.cases._example import BORDERS, NEAR_ZERO, NUMBERS, PAIRS, ROW, Example, Extreme, randn
from tests.support.cases._families import elementwise, functions_of


def _comparison(function, bound=0.5):
    *_, method, sign = functions_of(function)
    yield Example("", lambda x: sign(x, 0.5), ROW)
    yield Example("broadcast", lambda x, y: method(x, y).float() * x, randn(3, 4), randn(4))
    yield Example("at zero", lambda x: function(x, 0) * x.exp(), BORDERS)
    yield Example("near zero", lambda x: function(x, 0) * x.exp(), NEAR_ZERO)

    def compared(x):
        return function(x, 0) + x * (2 + function(x, bound)) * (2 + function(x, 1e300))

    yield Extreme("", compared, NUMBERS, by_element=True, decides=True)


def _connective(function, method):
    yield Example("", lambda x, y: function(x > 0, y < 0.5), ROW, ROW)
    yield Example("of numbers", lambda x, y: method(x, y) * x, BORDERS, BORDERS.T)
    yield Example("near zero", lambda x: method(x, x.flip(-1)) * x.exp(), NEAR_ZERO)
    kinds = {"by_element": True, "decides": True}
    yield Extreme("", lambda x: function(x, x < 0.5) * x + function(x, x < -0.5) * x, NUMBERS, **kinds)


gt, lt = partial(_comparison, torch.gt, bound=1e-300), partial(_comparison, torch.lt, bound=-1e-300)
ge, le = partial(_comparison, torch.ge), partial(_comparison, torch.le)
eq, ne = partial(_comparison, torch.eq), partial(_comparison, torch.ne)
logical_and = partial(_connective, torch.logical_and, torch.Tensor.logical_and)
logical_or = partial(_connective, torch.logical_or, torch.Tensor.logical_or)


def logical_not():
    yield from elementwise(torch.logical_not, decides=True, has_gradient=False)
    yield Example("of truth values", lambda x: torch.logical_not(x > 0), ROW)
    yield Example("times another", lambda x: x.logical_not() * x.exp(), BORDERS)
    yield Example("near zero", lambda x: x.logical_not() * x.exp(), NEAR_ZERO)


def where():
    yield Example("", lambda x, y: torch.where(x > 0, x, y), ROW, ROW)
    yield Example("random", lambda x, y: torch.where(x > 0, x, y), randn(3, 4), randn(3, 4))
    yield Example("number", lambda x: torch.where(x > 0, x, -0.5), BORDERS)
    yield Example("broadcast", lambda x, y: torch.where(x > 0, y, x), randn(3, 4), randn(1))
    yield Example("method", lambda x, y: x.where(y < 0.3, y * 2), randn(4), randn(3, 4))
    yield Example("constant mask", lambda x: torch.where(torch.eye(3, dtype=torch.bool), 0.0, x), randn(3, 3))
    yield Extreme("", lambda x, y: torch.where(x > y, x, y), *PAIRS, by_element=True, decides=True)
