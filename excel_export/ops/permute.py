"""permute: the dimensions in another order."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, IMAGE, MATRIX, randn


@operator(torch.permute, torch.Tensor.permute)
class permute(Movement):
    """Put the dimensions in the order `dims`."""

    dims: tuple[int, ...]

    called = "{input}, permuted"
    forward_words = "The same numbers; their dimensions stand in another order."
    forward_math = "y(i, j, …) = x(the same indices in another order)"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.permute(elements, self.dims)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.permute(1, 0), MATRIX)
        yield Example("images", lambda x: x.permute(0, 2, 3, 1) * 2, IMAGE)
        yield Example("vector", lambda x: x.permute(0) * 2, randn(3))
        yield Example("function", lambda x: torch.permute(x, (1, 0)), randn(3, 4))
        yield Extreme("", lambda x: x.permute(1, 0), EXTREME)
