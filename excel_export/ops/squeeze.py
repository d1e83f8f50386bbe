"""squeeze: dimensions of size 1 taken away."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.squeeze, torch.Tensor.squeeze)
class squeeze(Movement):
    """Drop the dimension `dim`, or all dimensions, where its size is 1."""

    dim: int | tuple[int, ...] | None = None

    forward_math = "y = x, with fewer dimensions"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.squeeze(elements) if self.dim is None else torch.squeeze(elements, self.dim)
