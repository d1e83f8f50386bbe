"""unflatten: one dimension cut into several."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.unflatten, torch.Tensor.unflatten)
class unflatten(Movement):
    """Cut the dimension `dim` into the given sizes."""

    dim: int
    sizes: tuple[int, ...]

    forward_math = "y = x, in another shape"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.unflatten(elements, self.dim, self.sizes)
