"""The cases of excel_export/ops/matmul.py."""

import torch

from tests.support.cases._example import MATRIX, NARROW, Example, Extreme, ramp, randn


def matmul():
    yield Example("", lambda x, y: x @ y, MATRIX, ramp(3, 2))
    yield Example("random", lambda x, y: x @ y, randn(3, 4), randn(4, 2))
    yield Example("long", lambda x, y: x @ y, randn(3, 9), randn(9, 7))
    yield Example("itself", lambda x: x @ x.T, randn(3, 9))
    yield Example("dot", torch.matmul, randn(9), randn(9) + 1)
    yield Example("vector matrix", lambda x, y: x @ y, randn(9), randn(9, 3))
    yield Example("matrix vector", lambda x, y: x.mv(y), randn(3, 9), randn(9))
    yield Example("short matrix vector", lambda x, y: x @ y, randn(3, 2), randn(2))
    yield Example("batched", torch.bmm, randn(2, 3, 4), randn(2, 4, 5))
    yield Example("batched long", lambda x, y: x @ y, randn(2, 3, 8), randn(2, 8, 7))
    yield Example("broadcast", lambda x, y: x @ y, randn(2, 3, 8), randn(8, 7))
    yield Example("broadcast left", lambda x, y: x @ y, randn(3, 8), randn(2, 8, 2))
    yield Example("broadcast both", lambda x, y: x @ y, randn(2, 1, 3, 6), randn(3, 6, 2))
    yield Example("batch vector", lambda x, y: x @ y, randn(2, 3, 8), randn(8))
    yield Example("vector batch", lambda x, y: x @ y, randn(8), randn(2, 8, 3))
    yield Extreme("", lambda x, y: x @ y.T, NARROW, NARROW)
