"""unflatten: one dimension cut into several."""

import torch
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.unflatten, torch.Tensor.unflatten)
class unflatten(Movement):
    """Cut the dimension `dim` into the given sizes."""

    dim: int
    sizes: tuple[int, ...]

    called = "{input}, reshaped"
    forward_words = "The same numbers in the same order, in another shape."
    forward_math = "y = x, in another shape"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The same {y.data.size} numbers in the same order, in another shape. Nothing is computed."

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.unflatten(elements, self.dim, self.sizes)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.unflatten(1, (3, 1)), ROW)
        yield Example("module", nn.Unflatten(1, (2, 2)), randn(3, 4))
        yield Extreme("", lambda x: x.unflatten(1, (2, 2)), EXTREME)
