"""squeeze: dimensions of size 1 taken away."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.squeeze, torch.Tensor.squeeze)
class squeeze(Shuffle):
    """Drop the dimension `dim`, or all dimensions, where its size is 1."""

    forward_math = "y = x, with fewer dimensions"

    def move(self, input: torch.Tensor, dim: Any = None) -> Any:
        return torch.squeeze(input) if dim is None else torch.squeeze(input, dim)
