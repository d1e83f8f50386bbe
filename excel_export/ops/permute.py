"""permute: the dimensions in another order."""

from collections.abc import Sequence

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.permute, torch.Tensor.permute)
class permute(Movement):
    """Put the dimensions in the order `dims`."""

    dims: int | Sequence[int]

    forward_math = "y(i, j, …) = x(the same indices in another order)"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.permute(elements, self.dims)
