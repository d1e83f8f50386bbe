"""repeat: a tensor laid side by side with itself."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.Tensor.repeat, torch.tile, torch.Tensor.tile)
class repeat(Shuffle):
    """Repeat the whole tensor along each dimension."""

    forward_math = "y = x, repeated"
    variadic = True

    def move(self, input: torch.Tensor, dims: Any) -> Any:
        return torch.tile(input, dims)
