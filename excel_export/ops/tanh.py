"""tanh: any number to one between −1 and 1."""

import torch
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import TANH
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn


@operator(torch.tanh, torch.Tensor.tanh)
class tanh(Elementwise):
    """The hyperbolic tangent of each element."""

    forward_words = "Any number becomes one between −1 and 1; 0 stays 0."
    backward_words = (
        "The slope is 1 − y²: 1 where y is 0, and almost 0 where y is close to −1 or 1. There little is learned."
    )
    forward_math = "y = tanh x"
    backward_math = "∂L/∂x = g · (1 − y²)"

    def forward(self, y: Tensor) -> OperandLike:
        return TANH(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * (1 - y * y)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.tanh, ROW)
        yield Example("random", torch.tanh, randn(3, 4))
        yield Example("saturated", nn.Tanh(), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.tanh, NUMBERS, by_element=True, cancels=True)
