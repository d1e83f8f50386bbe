"""hardsigmoid: a sigmoid made of three straight lines."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, IF, MAX, MIN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn

# PyTorch's slope is rounded to a float32, even for float64.
_SIXTH = float(np.float32(1 / 6))


@operator(F.hardsigmoid)
class hardsigmoid(Elementwise):
    """(x + 3) / 6, cut off at 0 and 1. At the corners no gradient passes."""

    inplace: bool = False

    forward_words = "A straight line from 0 at −3 to 1 at 3; further out the result stays 0 or 1."
    backward_words = "Between −3 and 3 the slope is 1/6. Outside a small nudge changes nothing: there it is 0."
    forward_math = "y = min(max(x + 3, 0), 6) / 6"
    backward_math = "∂L/∂x = g / 6 if −3 < x < 3, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return MIN(MAX(self.input + 3, 0), 6) / 6

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(ABS(self.input) < 3, _SIXTH * y.grad, 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.hardsigmoid, ROW * 4)
        yield Example("at the corners", nn.Hardsigmoid(), torch.tensor([[-4.0, -3.0, 0.0, 2.9, 3.0, 4.0]]))
        yield Example("random", F.hardsigmoid, randn(3, 4) * 3)
        yield Example("saturated", lambda x: nn.Hardsigmoid(inplace=True)(x * 1), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.hardsigmoid, NUMBERS, by_element=True, decides=True)
