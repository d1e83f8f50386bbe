"""The cases of excel_export/ops/cumulative.py."""

import torch

from tests.support.cases._example import EXTREME, IMAGE, NARROW, ROW, Example, Extreme, randn


def cumsum():
    yield Example("", lambda x: x.cumsum(1), ROW)
    yield Example("first dim", lambda x: torch.cumsum(x, 0), randn(3, 4))
    yield Example("of images", lambda x: x.cumsum(-3), IMAGE)
    yield Example("of comparisons", lambda x: (x > 0).cumsum(1) * x, randn(3, 4))
    yield Example("of one number", lambda x: x.cumsum(0), randn(1)[0])
    yield Extreme("", lambda x: (x / 8).cumsum(1), EXTREME)


def cumprod():
    yield Example("", lambda x: x.cumprod(1), ROW + 2)
    yield Example("zeros", lambda x: torch.cumprod(x, 1), torch.tensor([[2.0, 0, 3, 4], [0, 1, 0, 2]]))
    yield Example("first dim", lambda x: x.cumprod(0), randn(3, 4))
    yield Extreme("", lambda x: x.cumprod(0), NARROW)


def logcumsumexp():
    yield Example("", lambda x: x.logcumsumexp(1), ROW)
    yield Example("first dim", lambda x: torch.logcumsumexp(x, 0), randn(3, 4))
    yield Example("far", lambda x: x.logcumsumexp(1), torch.tensor([[1000.0, -1000, 999], [-700, 700, 699]]))
    yield Extreme("", lambda x: (x / 4).logcumsumexp(1), torch.tensor([[1e3, -1e3, 700.0, 699], [0, 0, 36, -0.5]]))
