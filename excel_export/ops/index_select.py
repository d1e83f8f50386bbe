"""index_select: slices of a tensor by a constant list of places."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.index_select, torch.Tensor.index_select)
class index_select(Movement):
    """The slices at the constant places `index` along `dim`."""

    dim: int
    index: torch.Tensor

    forward_math = "yₖ = x at place indexₖ"
    settings = ("index",)

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.index_select(elements, self.dim, self.index)
