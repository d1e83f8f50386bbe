"""gather: along one dimension, each result looks up the number at its own place; index_select: whole slices."""

from collections.abc import Mapping

import torch

from excel_export.formulas import Cases, Example, Extreme, Tensor, operator
from excel_export.ops._indexed import AlongOne, LookUp
from excel_export.ops._movement import Moved
from excel_export.ops._numbers import EXTREME, MATRIX, ROW, randn


@operator(torch.gather, torch.Tensor.gather)
class gather(AlongOne, LookUp):
    """The elements at the places `index` along `dim`; the result has the shape of `index`."""

    sparse_grad: bool = False

    called = "{input} at places"
    forward_words = "Each result looks up the number at its own place along one dimension, counted from 0."
    forward_math = "yₖ = x at place indexₖ"
    settings_or_values = ("index",)

    def move(self, elements: torch.Tensor) -> Moved:
        assert isinstance(self.index, torch.Tensor)
        return torch.gather(elements, self.dim, self.index)

    @classmethod
    def cases(cls) -> Cases:
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


@operator(torch.index_select, torch.Tensor.index_select)
class index_select(AlongOne, LookUp):
    """The slices at the places `index` along `dim`."""

    of_slices = True
    called = "part of {input}"
    forward_words = "Some slices, chosen by their places."
    forward_math = "yₖ = x at place indexₖ"
    settings_or_values = ("index",)

    @property
    def indices(self) -> Mapping[int, Tensor]:
        return super().indices if self.input.shape else {}

    def move(self, elements: torch.Tensor) -> Moved:
        if not self.input.shape:  # its one place is 0
            return elements
        assert isinstance(self.index, torch.Tensor)
        return torch.index_select(elements, self.dim, self.index)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.index_select(1, torch.tensor([2, 0])), ROW)
        yield Example("twice", lambda x: x.index_select(0, torch.tensor([1, 1, 0])), randn(3, 4))
        yield Example("of an input", lambda x, i: x.index_select(-1, i), randn(3, 4), torch.tensor([3, 3, 0]))
        yield Example("of one number", lambda x, i: x.index_select(0, i), randn(1)[0], torch.tensor([0]))
        yield Example("one place", lambda x, i: torch.index_select(x, 0, i), randn(3, 4), torch.tensor(1))
        yield Extreme("", lambda x: x.index_select(0, torch.tensor([0, 0, 2])), EXTREME)
