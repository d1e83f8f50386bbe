"""threshold: what is not above a threshold is replaced by a fixed value."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import IF
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW


@operator(F.threshold, torch.threshold)
class threshold(Elementwise):
    """Numbers above the threshold pass; the others become `value`. At the threshold no gradient passes."""

    threshold: float
    value: float
    inplace: bool = False

    forward_words = "Numbers above the threshold pass unchanged; all others become one fixed value."
    backward_words = "Where the number passed, the gradient passes. Elsewhere a nudge changes nothing: there it is 0."
    forward_math = "y = x if x > threshold, else value"
    backward_math = "∂L/∂x = g if x > threshold, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        limit, value = figure(self.threshold), figure(self.value)
        return f"Numbers above {limit} pass unchanged; all others become {value}."

    def forward_math_here(self, y: Tensor) -> str:
        return f"y = x if x > {figure(self.threshold)}, else {figure(self.value)}"

    def backward_math_here(self, y: Tensor) -> str:
        return f"∂L/∂x = g if x > {figure(self.threshold)}, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > self.threshold, self.input, self.value)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > self.threshold, y.grad, 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: F.threshold(x, 0.5, -2), ROW)
        yield Example("at the threshold", nn.Threshold(0, 20), BORDERS)
        yield Example("in place", lambda x: nn.Threshold(0.1, 20, inplace=True)(x * 1), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.threshold(x, 0.25, -1e-200), NUMBERS, by_element=True, decides=True)
