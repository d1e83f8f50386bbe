"""unsqueeze: a new dimension of size 1."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.unsqueeze, torch.Tensor.unsqueeze)
class unsqueeze(Movement):
    """Add a dimension of size 1 at `dim`."""

    dim: int

    called = "{input}, unsqueezed"
    forward_words = "The same numbers, with a new dimension of size 1."
    forward_math = "y = x, with one more dimension"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.unsqueeze(elements, self.dim)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.unsqueeze(0), ROW)
        yield Example("product", lambda x: x.unsqueeze(-1) * x, randn(3))
        yield Extreme("", lambda x: x.unsqueeze(0), EXTREME)
