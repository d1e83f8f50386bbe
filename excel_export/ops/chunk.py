"""chunk: a tensor cut into a number of parts."""

from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle


@operator(torch.chunk, torch.Tensor.chunk)
class chunk(Shuffle):
    """Cut into `chunks` parts along `dim`."""

    forward_math = "(y₁, y₂, …) = x"

    def move(self, input: torch.Tensor, chunks: int, dim: int = 0) -> Any:
        return torch.chunk(input, chunks, dim)
