"""exp: e to the power of each element, its own derivative."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import EXP
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.exp, torch.Tensor.exp)
class exp(Elementwise):
    """The exponential of each element; from 709.8 on it is too large for a spreadsheet."""

    called = "exp of {input}"
    forward_words = "e to the power of each number: small steps up become large ones."
    backward_words = "The slope of eˣ is eˣ itself, so each gradient is g times the result."
    forward_math = "y = eˣ"
    backward_math = "∂L/∂x = g · y"

    def forward(self, y: Tensor) -> OperandLike:
        return EXP(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * y

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.exp, ROW)
        yield Example("random", torch.exp, randn(3, 4))
        yield Example("of much", lambda x: x.exp(), torch.tensor([-1000.0, 0.0, 30.0]))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.exp, NUMBERS, by_element=True)
