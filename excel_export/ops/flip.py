"""flip: a tensor back to front."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.flip, torch.Tensor.flip)
class flip(Shuffle):
    """Reverse the order along `dims`."""

    forward_math = "yₖ = x₋ₖ"
    variadic = True

    def move(self, input: torch.Tensor, dims: Any) -> Any:
        return torch.flip(input, dims)
