"""flip: a tensor back to front."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.flip, torch.Tensor.flip)
class flip(Movement):
    """Reverse the order along `dims`."""

    dims: tuple[int, ...]

    forward_math = "yₖ = x₋ₖ"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.flip(elements, self.dims)
