"""rdiv: a number divided by the input, as in 2 / x."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.Tensor.__rtruediv__, torch.Tensor.__rdiv__)
class rdiv(Elementwise):
    """The quotient of a number and each element."""

    other: float

    called = "{other} / {input}"
    backward_words = "The slope of c / x is −c / x², which is −y / x: steep near 0, flat far from it."
    forward_math = "y = c / x"
    backward_math = "∂L/∂x = −g · y / x"

    def forward_words_here(self, y: Tensor) -> str:
        return f"{figure(self.other)} divided by each number."

    def forward_math_here(self, y: Tensor) -> str:
        return f"y = {figure(self.other)} / x"

    def check(self) -> str | None:
        return None if isinstance(self.other, (int, float)) else "only a number can be divided this way"

    def forward(self, y: Tensor) -> OperandLike:
        return self.other / self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad * y / self.input

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: 2 / x, ROW + 3)
        yield Example("negative number", lambda x: -2 / x, randn(3, 4) + 4)
        yield Example("one", lambda x: 1 / x, randn(3, 4) - 4)
        yield Extreme("", lambda x: 3 / x, NUMBERS, by_element=True)
        yield Extreme("tiny", lambda x: 1e-300 / x, NUMBERS, by_element=True)
