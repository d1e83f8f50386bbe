"""select: one slice of a tensor."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.select, torch.Tensor.select)
class select(Shuffle):
    """The slice at `index` along `dim`."""

    forward_math = "y = x at one index"

    def move(self, input: torch.Tensor, dim: int, index: int) -> Any:
        return torch.select(input, dim, index)
