"""reshape: the same numbers in reading order, in another shape; view is the same."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.reshape, torch.Tensor.reshape, torch.Tensor.view)
class reshape(Movement):
    """Reshape and view: the elements keep their reading order."""

    shape: tuple[int, ...]

    forward_math = "y = x, in another shape"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.reshape(elements, self.shape)
