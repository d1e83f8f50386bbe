"""split: a tensor cut into parts of given sizes."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.split, torch.Tensor.split)
class split(Movement):
    """Cut into parts of size `split_size_or_sections` along `dim`."""

    split_size_or_sections: int | list[int]
    dim: int = 0

    forward_math = "(y₁, y₂, …) = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.split(elements, self.split_size_or_sections, self.dim)
