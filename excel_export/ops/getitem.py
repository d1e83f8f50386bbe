"""getitem: indexing and slicing, x[…]."""

from collections.abc import Sequence

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement

Chosen = int | slice | None | torch.Tensor | Sequence[int] | tuple["Chosen", ...]


@operator(torch.Tensor.__getitem__)
class getitem(Movement):
    """Numbers, slices, None, …, and constant lists, tensors or masks between the brackets."""

    index: Chosen

    forward_math = "y = the chosen elements of x"
    settings = ("index",)

    def move(self, elements: torch.Tensor) -> Moved:
        return elements[self.index]
