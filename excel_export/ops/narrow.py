"""narrow: a run of slices of a tensor."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.narrow, torch.Tensor.narrow)
class narrow(Movement):
    """The `length` slices from `start` along `dim`."""

    dim: int
    start: int
    length: int

    forward_math = "y = a part of x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.narrow(elements, self.dim, self.start, self.length)
