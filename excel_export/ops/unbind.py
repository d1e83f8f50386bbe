"""unbind: a tensor taken apart along a dimension."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.unbind, torch.Tensor.unbind)
class unbind(Shuffle):
    """The slices along `dim`, one by one."""

    forward_math = "(y₁, y₂, …) = x"

    def move(self, input: torch.Tensor, dim: int = 0) -> Any:
        return torch.unbind(input, dim)
