"""narrow: a run of slices of a tensor."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.narrow, torch.Tensor.narrow)
class narrow(Movement):
    """The `length` slices from `start` along `dim`."""

    dim: int
    start: int
    length: int

    called = "part of {input}"
    forward_words = "A part of the numbers, side by side."
    forward_math = "y = a part of x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.narrow(elements, self.dim, self.start, self.length)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.narrow(1, 1, 2), ROW)
        yield Example("random", lambda x: x.narrow(1, 1, 2), randn(3, 4))
        yield Extreme("", lambda x: x.narrow(1, 1, 2), EXTREME)
