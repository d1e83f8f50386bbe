"""The cases of excel_export/ops/addition.py."""

import torch

from tests.support.cases._example import NUMBERS, ROW, Example, Extreme, randn
from tests.support.cases._families import pairwise


def add():
    yield from pairwise(torch.add)
    yield Example("in Python", lambda x, y: x + y, randn(3, 4), randn(4))
    yield Example("broadcast over hundreds", lambda x, y: x + y, randn(20, 15), randn(1))
    yield Example("number first", lambda x: 2.5 + x, randn(3, 4))
    yield Example("tiny number", lambda x: x + 1e-5, randn(3, 4))
    yield Example("alpha", lambda x, y: x.add(y, alpha=-2), randn(3, 4), randn(4))
    yield Example("itself", lambda x: x + x, randn(3, 4))


def sub():
    yield from pairwise(torch.sub)
    yield Example("in Python", lambda x, y: x - y, randn(3, 4), randn(3, 1))
    yield Example("alpha", lambda x, y: torch.sub(x, y, alpha=0.5), randn(3, 4), randn(3, 4))


def rsub():
    yield from pairwise(torch.rsub)
    yield Example("in Python", lambda x: 1 - x, ROW)
    yield Extreme("from 1", lambda x: 1 - x, NUMBERS, by_element=True, cancels=True)
