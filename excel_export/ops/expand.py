"""expand: dimensions of size 1 repeated without copying."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.Tensor.expand, torch.broadcast_to, torch.Tensor.broadcast_to)
class expand(Shuffle):
    """Repeat along dimensions of size 1; −1 leaves a dimension as it is."""

    forward_math = "y = x, repeated"
    variadic = True

    def move(self, input: torch.Tensor, size: Any) -> Any:
        return input.expand(size)
