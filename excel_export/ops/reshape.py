"""reshape: the same numbers in reading order, in another shape; view is the same."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.reshape, torch.Tensor.reshape, torch.Tensor.view)
class reshape(Shuffle):
    """Reshape and view: the elements keep their reading order."""

    forward_math = "y = x, in another shape"
    variadic = True

    def move(self, input: torch.Tensor, shape: Any) -> Any:
        return torch.reshape(input, shape)
