"""abs: the distance from zero."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, SIGN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW, randn


@operator(torch.abs, torch.absolute, torch.Tensor.abs, torch.Tensor.absolute)
class abs(Elementwise):
    """The size of each element without its sign. At exactly 0 its gradient is 0, as in PyTorch."""

    called = "|{input}|"
    forward_words = "Every number without its sign."
    backward_words = (
        "The slope is 1 for positive numbers and −1 for negative ones: the gradient passes as it is, or with the "
        "opposite sign. At 0 it is 0."
    )
    forward_math = "y = |x|"
    backward_math = "∂L/∂x = g · sign(x), 0 at 0"

    def forward(self, y: Tensor) -> OperandLike:
        return ABS(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * SIGN(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.abs, ROW)
        yield Example("at zero", lambda x: x.__abs__(), BORDERS)
        yield Example("random", torch.abs, randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.abs, NUMBERS, by_element=True, decides=True)
