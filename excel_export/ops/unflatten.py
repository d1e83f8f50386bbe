"""unflatten: one dimension cut into several."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.unflatten, torch.Tensor.unflatten)
class unflatten(Shuffle):
    """Cut the dimension `dim` into the given sizes."""

    forward_math = "y = x, in another shape"

    def move(self, input: torch.Tensor, dim: int, sizes: Any) -> Any:
        return torch.unflatten(input, dim, sizes)
