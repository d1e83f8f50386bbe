"""index_select: slices of a tensor by a constant list of places."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.index_select, torch.Tensor.index_select)
class index_select(Movement):
    """The slices at the constant places `index` along `dim`."""

    dim: int
    index: torch.Tensor

    called = "part of {input}"
    forward_words = "Some slices, chosen by their places."
    forward_math = "yₖ = x at place indexₖ"
    settings = ("index",)

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.index_select(elements, self.dim, self.index)

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x.index_select(1, torch.tensor([2, 0])), ROW)
        yield Example("twice", lambda x: x.index_select(0, torch.tensor([1, 1, 0])), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: x.index_select(0, torch.tensor([0, 0, 2])), EXTREME)
