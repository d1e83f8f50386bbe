"""The cases of excel_export/ops/sorting.py."""

import torch

from tests.support.cases._example import APART, IMAGE, ROW, TIES, Example, Extreme, randn


def sort():
    yield Example("", lambda x: x.sort(1, descending=True).values, ROW)
    yield Example("places", lambda x: (pair := torch.sort(x, 1))[0] * pair[1], randn(3, 4))
    yield Example("ties", lambda x: (pair := torch.sort(x, dim=0, descending=True))[0] * pair[1], TIES[0, 0])
    yield Example("of a vector", lambda x: x.sort().values * x, randn(6))
    yield Example("outer dim", lambda x: x.sort(1).values * x, IMAGE)
    yield Example("of one number", lambda x: x.sort(0).values, randn(1)[0])
    yield Extreme("", lambda x: x.sort(1).values, APART)


def topk():
    yield Example("", lambda x: x.topk(2).values, ROW)
    yield Example("places", lambda x: (pair := torch.topk(x, 3, 1))[0] * pair[1], randn(3, 5))
    yield Example("smallest", lambda x: x.topk(2, 0, largest=False).values, randn(5, 2))
    yield Example("one", lambda x: x.topk(1).values, randn(2, 5))
    yield Example("all", lambda x: x.topk(4).values, randn(2, 4))
    yield Example("channels", lambda x: x.topk(2, 1)[0], IMAGE)
    yield Extreme("", lambda x: x.topk(2, 1).values, APART)
