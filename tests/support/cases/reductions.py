"""The cases of excel_export/ops/reductions.py."""

from functools import partial

import torch

from tests.support.cases._example import EXTREME, IMAGE, ROW, Example, Extreme, doubles, randn
from tests.support.cases._families import reduction

_spread = partial(reduction, numbers=doubles([1e30, -1e30, 0], [1e-8, 2e-8, 4e-8], [700, -700, 1e3]), cancels=True)


def sum():
    yield from reduction(torch.sum)
    yield Example("of everything", lambda x: x.sum(), IMAGE)
    yield Example("of comparisons", lambda x: (x > 0).sum(1).float() * x.sum(axis=1), randn(3, 4))


mean = partial(reduction, torch.mean)


def prod():
    yield Example("", lambda x: x.prod(1), ROW + 2)
    yield Example("over all", lambda x: x.prod(), randn(3, 4))
    yield Example("zeros", lambda x: x.prod(1, keepdim=True), torch.tensor([[2.0, 0, 3], [0, 1, 0], [1, 2, 3]]))
    yield Example("of images", lambda x: x.prod(1), IMAGE)
    yield Example("of one number", torch.prod, randn(1)[0])
    yield Extreme("", lambda x: x.clamp(-1e6, 1e6).prod(1), EXTREME)


def var():
    yield from _spread(torch.var)
    yield Example("biased", lambda x: torch.var(x, 0, unbiased=False), randn(3, 4))
    yield Example("of batches", lambda x: x.var((0, 2, 3), correction=0, keepdim=True) * x, IMAGE)
    yield Example("by place", lambda x: x.var(1, False, True) + x.var(True), randn(3, 4))
    yield Example("of one number", lambda x: x.var(1, correction=0), randn(3, 1))


def std():
    yield from _spread(torch.std)
    yield Example("equal numbers", lambda x: torch.std(x, 1, keepdim=True), torch.tensor([[2.0, 2, 2], [1, 2, 4]]))
    yield Example("biased", lambda x: x.std((0, 1), unbiased=False), randn(3, 4))
