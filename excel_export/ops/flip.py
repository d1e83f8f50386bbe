"""flip: a tensor back to front."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.flip, torch.Tensor.flip)
class flip(Movement):
    """Reverse the order along `dims`."""

    dims: tuple[int, ...]

    called = "{input}, flipped"
    forward_words = "The same numbers in the opposite order."
    forward_math = "yₖ = x at n − 1 − k, along each flipped dimension of n"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.flip(elements, self.dims)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.flip(1), ROW)
        yield Example("both ways", lambda x: x.flip(0, 1), randn(3, 4))
        yield Extreme("", lambda x: x.flip(1), EXTREME)
