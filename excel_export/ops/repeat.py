"""repeat: a tensor laid side by side with itself."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.Tensor.repeat, torch.tile, torch.Tensor.tile)
class repeat(Movement):
    """Repeat the whole tensor along each dimension."""

    dims: tuple[int, ...]

    forward_math = "y = x, repeated"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.tile(elements, self.dims)
