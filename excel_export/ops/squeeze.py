"""squeeze: dimensions of size 1 taken away."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.squeeze, torch.Tensor.squeeze)
class squeeze(Movement):
    """Drop the dimension `dim`, or all dimensions, where its size is 1."""

    dim: int | tuple[int, ...] | None = None

    called = "{input}, squeezed"
    forward_words = "The same numbers; a dimension of size 1 is dropped."
    forward_math = "y = x, with fewer dimensions"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.squeeze(elements) if self.dim is None else torch.squeeze(elements, self.dim)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.squeeze(0), ROW)
        yield Example("all", lambda x: x.squeeze(), randn(1, 3, 1))
        yield Example("one", lambda x: torch.squeeze(x, 0), randn(1, 3, 1))
        yield Extreme("", lambda x: x[:, :1].squeeze(1), EXTREME)
