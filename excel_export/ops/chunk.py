"""chunk: a tensor cut into a number of parts."""

import torch

from excel_export.formulas import operator
from excel_export.ops._movement import Moved, Movement


@operator(torch.chunk, torch.Tensor.chunk)
class chunk(Movement):
    """Cut into `chunks` parts along `dim`."""

    chunks: int
    dim: int = 0

    forward_math = "(y₁, y₂, …) = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.chunk(elements, self.chunks, self.dim)
