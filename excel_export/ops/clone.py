"""clone: a copy; contiguous is one too, where it does anything."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.clone, torch.Tensor.clone, torch.Tensor.contiguous)
class clone(Movement):
    """The same numbers once more."""

    memory_format: torch.memory_format | None = None

    forward_math = "y = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return elements
