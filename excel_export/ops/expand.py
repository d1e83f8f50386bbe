"""expand: dimensions of size 1 repeated without copying."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.Tensor.expand, torch.broadcast_to, torch.Tensor.broadcast_to)
class expand(Movement):
    """Repeat along dimensions of size 1; −1 leaves a dimension as it is."""

    size: tuple[int, ...]

    called = "{input}, repeated"
    forward_words = "The same numbers, used again and again."
    forward_math = "y = x, repeated"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return elements.expand(self.size)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.expand(2, 3), ROW)
        yield Example("new dimension", lambda x: x.expand(3, -1, 2), randn(4, 1))
        yield Example("hundreds", lambda x: x.expand(300), randn(1))
        yield Extreme("", lambda x: x[:1].expand(3, -1), EXTREME)
