"""The cases of excel_export/ops/scatter.py."""

import torch
from torch import tensor

from tests.support.cases._example import EXTREME, MATRIX, Example, Extreme, randn


def scatter():
    block = randn(3, 4)
    yield Example("", lambda x, i: x.scatter(1, i, 9.0), MATRIX, tensor([[2], [0]]))
    yield Example("of a tensor", lambda x, y: x.scatter(1, tensor([[2, 0], [1, 3], [3, 0]]), y), block, randn(3, 2))
    yield Example(
        "several at one place", lambda x, y: x.scatter(0, tensor([[2, 0, 1], [2, 0, 0]]), y), block, randn(2, 3)
    )
    yield Example("one-hot", lambda x, i: torch.zeros(3, 4).scatter(1, i[:, None], 1.0) * x, block, tensor([3, 0, 0]))
    yield Extreme("", lambda x: x.scatter(1, tensor([[1, 2]]), 1e200), EXTREME)


def scatter_add():
    block, rows = randn(3, 4), randn(2, 4)
    yield Example("", lambda x, y: x.scatter_add(1, tensor([[2, 2], [0, 1]]), y), MATRIX, randn(2, 2))
    yield Example(
        "first dim", lambda x, y: torch.scatter_add(x, 0, tensor([[2, 0, 1, 1], [2, 2, 1, 0]]), y), block, rows
    )
    yield Example("a part of a constant", lambda x: x.scatter_add(1, tensor([[2], [2]]), randn(3, 4)), block)
    yield Example("of a vector", lambda x, i: randn(4).scatter_add(0, i, x), randn(5), tensor([3, 0, 3, 3, 1]))
    yield Example("computed", lambda x: x.scatter_add(1, x.argmax(1, keepdim=True), x[:, :1] * 2), block)
    yield Extreme("", lambda x: x.scatter_add(1, (x > 0.25).long(), x / 4), EXTREME)


def index_add():
    two = randn(2, 3)
    yield Example("", lambda x, y: x.index_add(0, tensor([1]), y), MATRIX, randn(1, 3))
    yield Example("twice", lambda x, y: x.index_add(0, tensor([1, 1, 0]), y), two, randn(3, 3))
    yield Example("with alpha", lambda x, y: torch.index_add(x, 1, tensor([1, 1]), y, alpha=-0.5), two, randn(2, 2))
    yield Example("of images", lambda x, i: x.index_add(1, i, x[:, :2]), randn(2, 3, 2, 2), tensor([2, 2]))
    yield Extreme("", lambda x: x.index_add(0, tensor([0, 2]), x[1:] / 4), EXTREME)
