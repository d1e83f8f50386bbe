"""narrow: a run of slices of a tensor."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.narrow, torch.Tensor.narrow)
class narrow(Shuffle):
    """The `length` slices from `start` along `dim`."""

    forward_math = "y = a part of x"

    def move(self, input: torch.Tensor, dim: int, start: int, length: int) -> Any:
        return torch.narrow(input, dim, start, length)
