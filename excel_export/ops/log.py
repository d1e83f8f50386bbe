"""log: the natural logarithm."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import LN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.log, torch.Tensor.log)
class log(Elementwise):
    """The natural logarithm of each element."""

    forward_words = "The natural logarithm of each number."
    backward_words = (
        "The slope of ln x is 1 / x, so each gradient is g divided by the number: steep near 0, flat far from it."
    )
    forward_math = "y = ln x"
    backward_math = "∂L/∂x = g / x"

    def forward(self, y: Tensor) -> OperandLike:
        return LN(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / self.input

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.log, ROW + 2)
        yield Example("random", torch.log, randn(3, 4).abs() + 1e-3)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.log, NUMBERS, by_element=True)
