"""elu: like relu, but the negative side bends smoothly towards −α."""

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import EXP, IF, MIN
from excel_export.formulas.idioms import expm1_up_to_0
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, FAR, NUMBERS, ROW, randn


@operator(F.elu)
class elu(Elementwise):
    """Exponential linear unit. At exactly 0 its slope is `alpha`, as in PyTorch."""

    alpha: float = 1.0
    inplace: bool = False

    forward_words = "Positive numbers pass unchanged. Negative ones bend smoothly towards −α."
    backward_words = (
        "Where the number is positive the slope is 1, and the gradient passes as it is. Where it is negative the "
        "slope is α · eˣ, which fades out to the left."
    )
    forward_math = "y = x if x > 0, else α · (eˣ − 1)"
    backward_math = "∂L/∂x = g if x > 0, else g · α · eˣ"

    def forward_words_here(self, y: Tensor) -> str:
        return f"Positive numbers pass unchanged. Negative ones bend smoothly towards {figure(-self.alpha)}."

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self.alpha * expm1_up_to_0(self.input.cells))

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, y.grad, y.grad * self.alpha * EXP(MIN(0, self.input)))

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.elu, ROW)
        yield Example("random", lambda x: F.elu(x, 1.5), randn(3, 4))
        yield Example("at zero", nn.ELU(), BORDERS)
        yield Example("saturated", nn.ELU(0.7), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.elu(x, 1.5), NUMBERS, by_element=True, decides=True)
