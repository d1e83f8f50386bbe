"""The cases of excel_export/ops/getitem.py."""

import torch
from torch import tensor

from tests.support.cases._example import EXTREME, IMAGE, MATRIX, ROW, Example, Extreme, randn


def getitem():
    yield Example("", lambda x: x[:, 1:], ROW)
    yield Example("number", lambda x: x[0], randn(3, 4))
    yield Example("one element", lambda x: x[1, 2] * x, randn(3, 4))
    yield Example("slices", lambda x: x[:, 1:, ::2, -1], IMAGE)
    yield Example("dots and none", lambda x: x[..., None, 0] * x[1:, None], randn(3, 4))
    yield Example("list", lambda x: x[[0, 2, 2]] * x[:, [1]].sum(), randn(3, 4))
    yield Example("pairs", lambda x: x[torch.arange(3), tensor([3, 0, 0])], randn(3, 4))
    yield Example("of an input", lambda x, i: x[i], randn(4), tensor([2, 0, 2]))
    yield Example("rows", lambda x, i: x[i], randn(4, 3), tensor([2, -1, 2, 0]))
    yield Example("one row", lambda x, i: x[i], randn(4, 3), tensor(-2))
    yield Example("columns", lambda x, i: x[:, i], randn(3, 4), tensor([[3, 0], [1, 1]]))
    yield Example("of images", lambda x, i: x[:, i, 1:, 0], IMAGE, tensor([2, 2, 0, 1]))
    yield Example("first of images", lambda x, i: x[i, ..., None, 1], IMAGE, tensor([1, 1, 0]))
    yield Example("a class for each", lambda x, i: x[torch.arange(3), i], randn(3, 4), tensor([3, 0, 0]))
    yield Example("two inputs", lambda x, i: x[i[:, None], i], randn(3, 4), tensor([2, 0, -2]))
    yield Example("before a constant", lambda x, i: x[i, :, [1, 0]], randn(3, 2, 4), tensor([2, 0]))
    yield Example("with a mask", lambda x, i: x[tensor([True, False, True]), i], randn(3, 4), tensor([3, 1]))
    yield Example("computed places", lambda x: x[x.argmax(1)], randn(4, 4))
    yield Extreme("", lambda x: x[:, ::2], EXTREME)


def index_put():
    rows, square, pair = randn(4, 3), randn(3, 3), randn(2)
    yield Example("", lambda x, i: x.index_put((torch.arange(2), i), tensor(9.0).double()), MATRIX, tensor([2, 0]))
    yield Example("added", lambda x, y: x.index_put((tensor([1, 1, -1]),), y, accumulate=True), rows, square)
    yield Example("twice", lambda x, y: x.index_put((tensor([1, 1, 0]),), y), randn(3), randn(3))
    yield Example("broadcast", lambda x, y: torch.index_put(x, (tensor([[0], [2]]), tensor([1, 0])), y), square, pair)
    yield Extreme("", lambda x: x.index_put((tensor([2]),), x[0]), EXTREME)
