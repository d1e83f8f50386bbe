"""expand: dimensions of size 1 repeated without copying."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.Tensor.expand, torch.broadcast_to, torch.Tensor.broadcast_to)
class expand(Movement):
    """Repeat along dimensions of size 1; −1 leaves a dimension as it is."""

    size: tuple[int, ...]

    forward_math = "y = x, repeated"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return elements.expand(self.size)
