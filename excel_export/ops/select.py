"""select: one slice of a tensor."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.select, torch.Tensor.select)
class select(Movement):
    """The slice at `index` along `dim`."""

    dim: int
    index: int

    forward_math = "y = x at one index"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.select(elements, self.dim, self.index)
