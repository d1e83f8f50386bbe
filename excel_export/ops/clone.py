"""clone: a copy; contiguous is one too, where it does anything."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.clone, torch.Tensor.clone, torch.Tensor.contiguous)
class clone(Shuffle):
    """The same numbers once more."""

    forward_math = "y = x"

    def move(self, input: torch.Tensor, memory_format: Any = None) -> Any:
        return input
