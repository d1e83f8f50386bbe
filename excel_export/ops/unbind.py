"""unbind: a tensor taken apart along a dimension."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.unbind, torch.Tensor.unbind)
class unbind(Movement):
    """The slices along `dim`, one by one."""

    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are taken apart, slice by slice."
    forward_math = "(y₁, y₂, …) = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.unbind(elements, self.dim)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.unbind(1)[2], ROW)
        yield Example("product", lambda x: x.unbind(1)[0] * torch.unbind(x, 1)[2], randn(3, 4))
        yield Extreme("", lambda x: x.unbind(1)[0], EXTREME)
