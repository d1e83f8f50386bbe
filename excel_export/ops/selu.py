"""selu: elu with two constants, chosen so that the numbers of a deep network keep their spread."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import EXP, IF, MIN
from excel_export.formulas.idioms import expm1_up_to_0
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, FAR, NUMBERS, ROW, randn

ALPHA, SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


@operator(F.selu, torch.selu)
class selu(Elementwise):
    """Scaled exponential linear unit. At exactly 0 its slope is λα, as in PyTorch."""

    inplace: bool = False

    forward_words = "Positive numbers are multiplied by λ = 1.0507. Negative ones bend smoothly towards −λα = −1.7581."
    backward_words = (
        "Where the number is positive the slope is λ. Where it is negative the slope is λ · α · eˣ, which fades out "
        "to the left."
    )
    forward_math = "y = λ · (x if x > 0, else α · (eˣ − 1)),  λ = 1.0507, α = 1.6733"
    backward_math = "∂L/∂x = g · λ if x > 0, else g · λ · α · eˣ"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, SCALE * self.input, SCALE * ALPHA * expm1_up_to_0(self.input.cells))

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * IF(self.input > 0, SCALE, SCALE * ALPHA * EXP(MIN(0, self.input)))

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.selu, ROW)
        yield Example("random", nn.SELU(), randn(3, 4))
        yield Example("at zero", lambda x: nn.SELU(inplace=True)(x * 1), BORDERS)
        yield Example("saturated", torch.selu, FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.selu, NUMBERS, by_element=True, decides=True)
