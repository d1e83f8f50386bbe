"""select: one slice of a tensor."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.select, torch.Tensor.select)
class select(Movement):
    """The slice at `index` along `dim`."""

    dim: int
    index: int

    called = "part of {input}"
    forward_words = "One slice, chosen by its place."
    forward_math = "y = x at one index"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.select(elements, self.dim, self.index)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.select(1, 2), ROW)
        yield Example("last", lambda x: x.select(1, -1), randn(3, 4))
        yield Extreme("", lambda x: x.select(1, 0), EXTREME)
