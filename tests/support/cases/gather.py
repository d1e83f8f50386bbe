"""The cases of excel_export/ops/gather.py."""

import torch

from tests.support.cases._example import EXTREME, MATRIX, ROW, Example, Extreme, randn


def gather():
    yield Example("", lambda x, i: x.gather(1, i), MATRIX, torch.tensor([[2], [0]]))
    yield Example("several", lambda x, i: x.gather(1, i), randn(3, 4), torch.tensor([[3, 0], [1, 1], [2, 2]]))
    yield Example("first dim", lambda x, i: x.gather(0, i), randn(3, 4), torch.tensor([[2, 0, 1, 1]]))
    yield Example("a part", lambda x, i: x.gather(-2, i), randn(3, 4), torch.tensor([[2, 0], [2, 1]]))
    yield Example("of a vector", lambda x, i: x.gather(0, i), randn(5), torch.tensor([4, 4, 0]))
    yield Example("of a single row", lambda x, i: x.gather(0, i), randn(1, 3), torch.zeros(1, 2, dtype=torch.long))
    yield Example("outer dim", lambda x, i: x.gather(0, i), randn(3, 2, 2), torch.tensor([[[2, 0], [1, 1]]]))
    yield Example("constant", lambda x: x.gather(1, torch.tensor([[1], [1], [3]])), randn(3, 4))
    yield Example("computed", lambda x: torch.gather(x, 1, x.argmax(1, keepdim=True)), randn(3, 4))
    yield Extreme("", lambda x: x.gather(1, (x > 0.25).long()), EXTREME)


def index_select():
    yield Example("", lambda x: x.index_select(1, torch.tensor([2, 0])), ROW)
    yield Example("twice", lambda x: x.index_select(0, torch.tensor([1, 1, 0])), randn(3, 4))
    yield Example("of an input", lambda x, i: x.index_select(-1, i), randn(3, 4), torch.tensor([3, 3, 0]))
    yield Example("of one number", lambda x, i: x.index_select(0, i), randn(1)[0], torch.tensor([0]))
    yield Example("one place", lambda x, i: torch.index_select(x, 0, i), randn(3, 4), torch.tensor(1))
    yield Extreme("", lambda x: x.index_select(0, torch.tensor([0, 0, 2])), EXTREME)
