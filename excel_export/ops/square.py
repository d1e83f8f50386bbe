"""square: each element times itself."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW


@operator(torch.square, torch.Tensor.square)
class square(Elementwise):
    """The square of each element."""

    called = "{input}²"
    forward_words = "Each number times itself."
    backward_words = "The slope of x² is 2x, so each gradient is g times twice the number."
    forward_math = "y = x²"
    backward_math = "∂L/∂x = g · 2x"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * 2 * self.input

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.square, ROW)
        yield Example("at zero", lambda x: x.square(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.square, NUMBERS, by_element=True)
