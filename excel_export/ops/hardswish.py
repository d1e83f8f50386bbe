"""hardswish: x times a sigmoid made of three straight lines."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import IF, MAX, MIN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn


@operator(F.hardswish)
class hardswish(Elementwise):
    """X times hardsigmoid(x): 0 up to −3, x from 3 on, a parabola in between."""

    inplace: bool = False

    forward_words = "Numbers up to −3 become 0, numbers from 3 on pass unchanged; in between lies a parabola."
    backward_words = "The slope is 0 up to −3 and 1 from 3 on. In between it is x/3 + 1/2, the slope of the parabola."
    forward_math = "y = x · min(max(x + 3, 0), 6) / 6"
    backward_math = "∂L/∂x = 0 if x ≤ −3, g if x ≥ 3, else g · (x/3 + 1/2)"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * MIN(MAX(self.input + 3, 0), 6) / 6

    def gradient(self, y: Tensor) -> OperandLike:
        x = self.input
        return IF(x <= -3, 0, IF(x >= 3, y.grad, y.grad * (x / 3 + 0.5)))

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.hardswish, ROW * 4)
        yield Example("at the corners", nn.Hardswish(), torch.tensor([[-4.0, -3.0, 0.0, 2.9, 3.0, 4.0]]))
        yield Example("random", F.hardswish, randn(3, 4) * 3)
        yield Example("saturated", lambda x: nn.Hardswish(inplace=True)(x * 1), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.hardswish, NUMBERS, by_element=True, decides=True)
