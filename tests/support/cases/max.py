"""The cases of excel_export/ops/max.py."""

from functools import partial

import torch

from tests.support.cases._example import APART, EXTREME, IMAGE, ROW, TIES, Example, Extreme, randn
from tests.support.cases._families import reduction


def _winners(function, numbers):
    yield from reduction(function, numbers=numbers)
    yield Example("ties", lambda x: function(x, 1), TIES[0, 0])
    yield Example("ties over several", lambda x: function(x, dim=(0, 1)), TIES[0])
    yield Extreme("of all", function, EXTREME)


def _first_winner(function, method):
    yield Example("", lambda x: method(x, 1).values, ROW)
    yield Example("over all", function, randn(3, 4))
    yield Example("over all, ties", method, TIES)
    yield Example("over one", lambda x: method(x, 1).values, randn(3, 4))
    yield Example("over one, ties", lambda x: function(x, dim=0)[0], TIES[0, 0])
    yield Example("over channels", lambda x: method(x, dim=1, keepdim=True)[0] - x, IMAGE)
    yield Example("over channels, ties", lambda x: method(x, 1)[0], TIES.reshape(1, 4, 2, 2))
    yield Example("places", lambda x: (pair := method(x, -1))[0] * pair[1], randn(2, 3, 4))
    yield Example("of a vector", lambda x: method(x, 0).values, randn(5))
    yield Example("of a single number", lambda x: method(x, 0).values, randn(1)[0])
    yield Extreme("", lambda x: method(x, 1).values, EXTREME)
    yield Extreme("of all", function, EXTREME)


def _place(function, method):
    yield Example("", lambda x: method(x, 1), ROW)
    yield Example("random", lambda x: function(x, dim=1).float(), randn(3, 4))
    yield Example("ties", lambda x: method(x, 1).float(), torch.tensor([[1.0, 3, 3], [2, 2, 2]]))
    yield Example("first dim, ties", lambda x: method(x, 0, keepdim=True) * x, TIES[0, 0])
    yield Example("channels", lambda x: method(x, 1) + x.sum(1), IMAGE)
    yield Example("channels, ties", lambda x: function(x, -3).float(), TIES.reshape(1, 4, 2, 2))
    yield Example("over all", lambda x: method(x) + x, TIES)
    yield Example("of a single number", lambda x: method(x, 0) + x, randn(1)[0])
    yield Extreme("", lambda x: method(x, 1) + x.sum(1), EXTREME)


amax, amin = partial(_winners, torch.amax, EXTREME), partial(_winners, torch.amin, APART)
max, min = partial(_first_winner, torch.max, torch.Tensor.max), partial(_first_winner, torch.min, torch.Tensor.min)
argmax, argmin = partial(_place, torch.argmax, torch.Tensor.argmax), partial(_place, torch.argmin, torch.Tensor.argmin)
