"""unsqueeze: a new dimension of size 1."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.unsqueeze, torch.Tensor.unsqueeze)
class unsqueeze(Shuffle):
    """Add a dimension of size 1 at `dim`."""

    forward_math = "y = x, with one more dimension"

    def move(self, input: torch.Tensor, dim: int) -> Any:
        return torch.unsqueeze(input, dim)
