"""getitem: indexing and slicing, x[…]."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.Tensor.__getitem__)
class getitem(Shuffle):
    """Numbers, slices, None, …, and constant lists, tensors or masks between the brackets."""

    forward_math = "y = the chosen elements of x"
    fixed = ("index",)

    def move(self, input: torch.Tensor, index: Any) -> Any:
        return input[index]
