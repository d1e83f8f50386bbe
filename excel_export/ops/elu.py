"""elu: like relu, but the negative side bends smoothly towards −α."""

import torch.nn.functional as F

from excel_export.formulas import EXP, IF, MIN, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(F.elu)
class elu(Elementwise):
    """Exponential linear unit. At exactly 0 its slope is `alpha`, as in PyTorch."""

    alpha: float = 1.0
    inplace: bool = False

    forward_math = "y = x if x > 0, else α · (eˣ − 1)"
    backward_math = "∂L/∂x = g if x > 0, else g · α · eˣ"

    def forward(self, y: Tensor) -> OperandLike:
        x = self.input
        # A tiny x would lose its digits in eˣ − 1.
        return IF(x > 0, x, self.alpha * IF(x > -0.00001, x + x * x / 2, EXP(MIN(0, x)) - 1))

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, y.grad, y.grad * self.alpha * EXP(MIN(0, self.input)))
