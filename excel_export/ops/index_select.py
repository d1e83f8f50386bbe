"""index_select: slices of a tensor by a constant list of places."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.index_select, torch.Tensor.index_select)
class index_select(Shuffle):
    """The slices at the constant places `index` along `dim`."""

    forward_math = "yₖ = x at place indexₖ"
    fixed = ("index",)

    def move(self, input: torch.Tensor, dim: int, index: torch.Tensor) -> Any:
        return torch.index_select(input, dim, index)
