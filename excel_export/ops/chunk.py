"""chunk: a tensor cut into a number of parts."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.chunk, torch.Tensor.chunk)
class chunk(Movement):
    """Cut into `chunks` parts along `dim`."""

    chunks: int
    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are cut into parts of equal size; the last may be smaller."
    forward_math = "(y₁, y₂, …) = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.chunk(elements, self.chunks, self.dim)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.chunk(3, dim=1)[2], ROW)
        yield Example("product", lambda x: (parts := x.chunk(2, dim=1))[0] * parts[1], randn(3, 4))
        yield Example("one part unused", lambda x: torch.chunk(x, 3, -1)[1], randn(3, 7))
        yield Extreme("", lambda x: x.chunk(2)[0], EXTREME)
