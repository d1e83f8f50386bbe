"""flatten: the same numbers in fewer dimensions."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.flatten, torch.Tensor.flatten)
class flatten(Shuffle):
    """Merge dimensions `start_dim` to `end_dim` into one."""

    forward_words = "The same numbers, written as one list."
    backward_words = "The gradients go back to the places that the numbers came from."
    forward_math = "y = x, in another shape"

    def move(self, input: torch.Tensor, start_dim: int = 0, end_dim: int = -1) -> Any:
        return torch.flatten(input, start_dim, end_dim)
