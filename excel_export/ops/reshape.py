"""reshape: the same numbers in reading order, in another shape; view is the same."""

import torch

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, IMAGE, MATRIX, randn


@operator(torch.reshape, torch.Tensor.reshape, torch.Tensor.view)
class reshape(Movement):
    """Reshape and view: the elements keep their reading order."""

    shape: tuple[int, ...]

    called = "{input}, reshaped"
    forward_words = "The same numbers in the same order, in another shape."
    forward_math = "y = x, in another shape"
    variadic = True

    def check(self) -> str | None:
        if any(isinstance(size, torch.dtype) for size in self.shape):
            return "x.view(dtype) takes the bits of a number for another one, which no formula does: use x.to(dtype)"
        return super().check()

    def forward_words_here(self, y: Tensor) -> str:
        return f"The same {y.data.size} numbers in the same order, in another shape. Nothing is computed."

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.reshape(elements, self.shape)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.reshape(3, 2), MATRIX)
        yield Example("to fit", lambda x: x.reshape(2, -1) * 2, randn(3, 4))
        yield Example("tuple", lambda x: torch.reshape(x, (4, 3)), randn(3, 4))
        yield Example("view", lambda x: x.view(x.size(0), -1), IMAGE)
        yield Example("view tuple", lambda x: x.view((2, 6)), randn(3, 4))
        yield Example("view flat", lambda x: x.view(-1) * 2, randn(3, 4))
        yield Extreme("", lambda x: x.reshape(4, 3), EXTREME)
