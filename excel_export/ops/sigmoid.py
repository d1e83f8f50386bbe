"""sigmoid: any number to one between 0 and 1."""

import torch
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import EXP
from excel_export.formulas.idioms import logistic
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn


@operator(torch.sigmoid, torch.special.expit, torch.Tensor.sigmoid)
class sigmoid(Elementwise):
    """The logistic function. EXP only ever sees numbers up to 0, so it cannot overflow."""

    forward_words = "Any number becomes one between 0 and 1; 0 becomes 0.5."
    backward_words = (
        "The slope is y · (1 − y): at most 1/4, where y is 0.5, and almost 0 where y is close to 0 or 1. There "
        "little is learned."
    )
    forward_math = "y = 1 / (1 + e⁻ˣ)"
    backward_math = "∂L/∂x = g · y · (1 − y)"

    def forward(self, y: Tensor) -> OperandLike:
        return logistic(self.input)

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        return (1 / (1 + EXP(-self.input)),)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * y * (1 - y)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.sigmoid, ROW)
        yield Example("random", torch.sigmoid, randn(3, 4))
        yield Example("saturated", lambda x: x.sigmoid(), FAR)
        yield Example("module", nn.Sigmoid(), randn(2, 3))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.sigmoid, NUMBERS, by_element=True, cancels=True)
