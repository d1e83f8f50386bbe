"""permute: the dimensions in another order."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.permute, torch.Tensor.permute)
class permute(Movement):
    """Put the dimensions in the order `dims`."""

    dims: tuple[int, ...]

    forward_math = "y(i, j, …) = x(the same indices in another order)"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.permute(elements, self.dims)
