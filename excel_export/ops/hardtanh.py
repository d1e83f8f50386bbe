"""hardtanh: cut off at two bounds; relu6 is the one with bounds 0 and 6."""

from collections.abc import Callable
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import AND, IF, MAX, MIN
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW


@operator(F.hardtanh, F.relu6)
class hardtanh(Elementwise):
    """Like clamp, but at a bound no gradient passes, as in PyTorch."""

    min_val: float = -1.0
    max_val: float = 1.0
    inplace: bool = False

    forward_words = "What lies below the lower bound becomes that bound, what lies above the upper one becomes that."
    backward_words = "Between the bounds the gradient passes as it is. At them and outside it is 0, as in PyTorch."
    forward_math = "y = min(max(x, low), high)"
    backward_math = "∂L/∂x = g if low < x < high, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        low, high = figure(self.min_val), figure(self.max_val)
        return f"What is below {low} becomes {low} and what is above {high} becomes {high}. The rest passes unchanged."

    def forward_math_here(self, y: Tensor) -> str:
        return f"y = min(max(x, {figure(self.min_val)}), {figure(self.max_val)})"

    def backward_math_here(self, y: Tensor) -> str:
        return f"∂L/∂x = g if {figure(self.min_val)} < x < {figure(self.max_val)}, else 0"

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function is F.relu6:
            return cls(args[0], 0, 6)
        return super().bind(function, *args, **kwargs)

    def forward(self, y: Tensor) -> OperandLike:
        return MIN(MAX(self.input, self.min_val), self.max_val)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(AND(self.input > self.min_val, self.input < self.max_val), y.grad, 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.hardtanh, ROW)
        yield Example("at the bounds", nn.Hardtanh(-0.5, 1), torch.tensor([[-2.0, -0.5, 0.1, 1, 3.0]]))
        yield Example("relu6", F.relu6, torch.tensor([[-2.0, 0, 0.1, 6, 7.0]]))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.relu6, NUMBERS, by_element=True, decides=True)
