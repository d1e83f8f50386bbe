"""celu: like relu, but the negative side bends smoothly towards −α, without a corner at 0."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import EXP, IF, MIN
from excel_export.formulas.idioms import expm1_up_to_0
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, FAR, NUMBERS, ROW, randn


@operator(F.celu, torch.celu)
class celu(Elementwise):
    """Continuously differentiable exponential linear unit."""

    alpha: float = 1.0
    inplace: bool = False

    forward_words = "Positive numbers pass unchanged. Negative ones bend smoothly towards −α."
    backward_words = (
        "Where the number is positive the slope is 1, and the gradient passes as it is. Where it is negative the "
        "slope is e to the power of x/α, which fades out to the left."
    )
    forward_math = "y = x if x > 0, else α · (exp(x/α) − 1)"
    backward_math = "∂L/∂x = g if x > 0, else g · exp(x/α)"

    def forward_words_here(self, y: Tensor) -> str:
        return f"Positive numbers pass unchanged. Negative ones bend smoothly towards {figure(-self.alpha)}."

    def check(self) -> str | None:
        return None if self.alpha > 0 else "an alpha that is not positive is not supported"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self.alpha * expm1_up_to_0(self.input / self.alpha))

    def gradient(self, y: Tensor) -> OperandLike:
        # PyTorch rounds alpha to float32 here, and only here: 1.2 becomes 1.2000000476837158.
        rounded = float(np.float32(self.alpha))
        slope = EXP(MIN(0, self.input / rounded))
        if rounded != self.alpha:
            slope = self.alpha / rounded * slope
        return IF(self.input > 0, y.grad, y.grad * slope)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.celu, ROW)
        yield Example("random", lambda x: F.celu(x, 1.5), randn(3, 4))
        yield Example("at zero", nn.CELU(0.5), BORDERS)
        yield Example("an alpha that float32 rounds", nn.CELU(1.2), -randn(3, 4).abs())
        yield Example("in place", lambda x: nn.CELU(inplace=True)(x * 1), BORDERS)
        yield Example("saturated", lambda x: torch.celu(x, 0.7), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.celu(x, 1.5), NUMBERS, by_element=True, decides=True)
