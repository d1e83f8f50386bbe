"""unsqueeze: a new dimension of size 1."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.unsqueeze, torch.Tensor.unsqueeze)
class unsqueeze(Movement):
    """Add a dimension of size 1 at `dim`."""

    dim: int

    forward_math = "y = x, with one more dimension"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.unsqueeze(elements, self.dim)
