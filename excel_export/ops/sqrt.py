"""sqrt: the square root."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import SQRT
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.sqrt, torch.Tensor.sqrt)
class sqrt(Elementwise):
    """The square root of each element."""

    forward_words = "The square root of each number."
    backward_words = "The slope of √x is 1 / (2√x): steep near 0, flat far from it. Each gradient is g times that."
    forward_math = "y = √x"
    backward_math = "∂L/∂x = g / (2y)"

    def forward(self, y: Tensor) -> OperandLike:
        return SQRT(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / (2 * y)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.sqrt, ROW + 2)
        yield Example("random", lambda x: x.sqrt(), randn(3, 4).abs() + 1e-3)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.sqrt, NUMBERS, by_element=True)
