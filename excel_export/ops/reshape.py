"""reshape: the same numbers in reading order, in another shape; view is the same."""

from collections.abc import Sequence

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.reshape, torch.Tensor.reshape, torch.Tensor.view)
class reshape(Movement):
    """Reshape and view: the elements keep their reading order."""

    shape: int | Sequence[int]

    forward_math = "y = x, in another shape"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.reshape(elements, self.shape)
