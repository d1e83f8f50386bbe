"""unbind: a tensor taken apart along a dimension."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.unbind, torch.Tensor.unbind)
class unbind(Movement):
    """The slices along `dim`, one by one."""

    dim: int = 0

    forward_math = "(y₁, y₂, …) = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.unbind(elements, self.dim)
