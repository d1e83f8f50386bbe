"""rsqrt: one over the square root."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import SQRT
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.rsqrt, torch.Tensor.rsqrt)
class rsqrt(Elementwise):
    """1 / √x of each element."""

    called = "1 / √{input}"
    forward_words = "1, divided by the square root of each number."
    backward_words = "The slope is −1/2 · y / x: very steep near 0, flat far from it. Each gradient is g times that."
    forward_math = "y = 1 / √x"
    backward_math = "∂L/∂x = −g · y / (2x)"

    def forward(self, y: Tensor) -> OperandLike:
        return 1 / SQRT(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad * y / self.input / 2

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.rsqrt, ROW + 2)
        yield Example("random", lambda x: x.rsqrt(), randn(3, 4).abs() + 0.1)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.rsqrt, NUMBERS, by_element=True)
