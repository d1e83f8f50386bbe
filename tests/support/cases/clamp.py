"""The cases of excel_export/ops/clamp.py."""

from functools import partial

import torch

from tests.support.cases._example import BORDERS, NUMBERS, PAIRS, ROW, Example, Extreme, randn


def _winner(function, method):
    yield Example("", function, ROW, -ROW)
    yield Example("ties", method, BORDERS, torch.zeros(1, 4))
    yield Example("broadcast", function, randn(3, 4), randn(1))
    yield Example("broadcast both", method, randn(1, 4), randn(3, 1))
    yield Extreme("", function, *PAIRS, by_element=True, decides=True)


maximum = partial(_winner, torch.maximum, torch.Tensor.maximum)
minimum = partial(_winner, torch.minimum, torch.Tensor.minimum)


def clamp():
    yield Example("", lambda x: x.clamp(-0.5, 0.5), ROW)
    yield Example("at the bounds", lambda x: x.clamp(-0.5, 0.5), torch.tensor([[-2.0, -0.5, 0.1, 0.5, 3.0]]))
    yield Example("below", lambda x: torch.clamp(x, min=0), BORDERS)
    yield Example("above", lambda x: x.clamp(max=0), BORDERS)
    yield Example("one side", lambda x: x.clamp_min(-0.25) + torch.clamp_max(x, 0.25), randn(3, 4))

    low, high = torch.tensor([[1.0, 3, 0, 2, 5, 1, 2]]), torch.tensor([[5.0, 4, 2, 2, 1, 0.5, 2]])
    x, met = torch.tensor([[1.0, 2, 3, 2, 2, 0, 1]]), torch.tensor([1.0, 2, 2, 2, 2, 0, 2])
    yield Example("bounds that are met", lambda x, y: torch.clamp(x, y, high), x, met)
    yield Example("a bound that is met", lambda x, y: x.clamp(min=y) + x.clamp(max=y), x, low)
    yield Example("bounds that cross", lambda x, y: torch.clamp(x, y, high), x, low)
    yield Example("numbers that cross", lambda x: x.clamp(2, 1) + x, BORDERS)
    yield Example("upper bounds", lambda x, y: x.clamp(y, y + 0.5), randn(3, 4), randn(4))
    yield Example("a tensor above", lambda x, y: x.clip(max=y), randn(3, 4), randn(3, 1))
    yield Example("a tensor below", lambda x, y: torch.clamp_min(x, y), randn(4), randn(3, 4))
    yield Example("nearly at 0", lambda x: x.clamp(min=1e-30).log(), torch.tensor([0.0, 0.5, -0.5, 1e-20]))
    yield Extreme("", lambda x: x.clamp(-1e-200, 1e200), NUMBERS, by_element=True, decides=True)
    yield Extreme("from less near to 0", lambda x: x.clamp(-2e-9, 1e200), NUMBERS, by_element=True, decides=True)
