"""neg: the other sign."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.neg, torch.negative, torch.Tensor.neg, torch.Tensor.negative)
class neg(Elementwise):
    """Each element with the other sign."""

    called = "−{input}"
    forward_words = "Each number with the opposite sign."
    backward_words = (
        "When the number grows, the result falls by just that: the slope is −1, and the gradient changes its sign."
    )
    forward_math = "y = −x"
    backward_math = "∂L/∂x = −g"

    def forward(self, y: Tensor) -> OperandLike:
        return -self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.neg, ROW)
        yield Example("random", lambda x: -x, randn(3, 4))
        yield Example("twice", lambda x: torch.neg(-x) - (-x), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.neg, NUMBERS, by_element=True)
