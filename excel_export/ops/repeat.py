"""repeat: a tensor laid side by side with itself."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.Tensor.repeat, torch.tile, torch.Tensor.tile)
class repeat(Movement):
    """Repeat the whole tensor along each dimension."""

    dims: tuple[int, ...]

    called = "{input}, repeated"
    forward_words = "The same numbers several times, side by side."
    forward_math = "y = x, repeated"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.tile(elements, self.dims)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.repeat(2, 1), ROW)
        yield Example("both ways", lambda x: x.repeat(2, 3), randn(3, 2))
        yield Extreme("", lambda x: x.repeat(1, 2), EXTREME)
