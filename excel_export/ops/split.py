"""split: a tensor cut into parts of given sizes."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.split, torch.Tensor.split)
class split(Shuffle):
    """Cut into parts of size `split_size_or_sections` along `dim`."""

    forward_math = "(y₁, y₂, …) = x"

    def move(self, input: torch.Tensor, split_size_or_sections: Any, dim: int = 0) -> Any:
        return torch.split(input, split_size_or_sections, dim)
