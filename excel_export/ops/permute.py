"""permute: the dimensions in another order."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.permute, torch.Tensor.permute)
class permute(Shuffle):
    """Put the dimensions in the order `dims`."""

    forward_math = "y(i, j, …) = x(the same indices in another order)"
    variadic = True

    def move(self, input: torch.Tensor, dims: Any) -> Any:
        return torch.permute(input, dims)
