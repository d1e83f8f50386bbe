"""sign: −1, 0 or 1."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import SIGN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW, randn


@operator(torch.sign, torch.sgn, torch.Tensor.sign, torch.Tensor.sgn)
class sign(Elementwise):
    """−1 for negative elements, 1 for positive ones, 0 for 0."""

    forward_words = "−1 for negative numbers, 1 for positive ones, 0 for 0."
    backward_words = "A small nudge leaves the answer as it is, so the slope is 0: this path adds 0."
    forward_math = "y = sign(x)"
    backward_math = "∂L/∂x = 0: nudging it leaves y as it is"

    def forward(self, y: Tensor) -> OperandLike:
        return SIGN(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * self.input

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.sign, ROW)
        yield Example("by itself", torch.sgn, randn(3))
        yield Example("at zero", lambda x: x.sgn() * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: x.sign() * x, NUMBERS, by_element=True, decides=True)
