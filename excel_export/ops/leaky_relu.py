"""leaky_relu: what is negative passes too, but weakened."""

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import IF
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW, randn


@operator(F.leaky_relu)
class leaky_relu(Elementwise):
    """Leaky rectified linear unit. At exactly 0 its slope is `negative_slope`, as in PyTorch."""

    negative_slope: float = 0.01
    inplace: bool = False

    forward_words = "Positive numbers pass unchanged; negative ones are made smaller by a constant factor."
    backward_words = "The slope is 1 for positive numbers and that factor for negative ones: g is multiplied by it."
    forward_math = "y = x if x > 0, else slope · x"
    backward_math = "∂L/∂x = g if x > 0, else slope · g"

    def forward_words_here(self, y: Tensor) -> str:
        return f"Positive numbers pass unchanged; negative ones are multiplied by {figure(self.negative_slope)}."

    def backward_words_here(self, y: Tensor) -> str:
        return (
            f"Where the number is positive the gradient passes as it is. Elsewhere the slope is "
            f"{figure(self.negative_slope)}, and the gradient is multiplied by it."
        )

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self.negative_slope * self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, y.grad, self.negative_slope * y.grad)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.leaky_relu, ROW)
        yield Example("random", lambda x: F.leaky_relu(x, 0.2), randn(3, 4))
        yield Example("at zero", lambda x: nn.LeakyReLU(inplace=True)(x * 1), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.leaky_relu, NUMBERS, by_element=True, decides=True)
