"""square: each element times itself."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.square, torch.Tensor.square)
class square(Elementwise):
    """The square of each element."""

    forward_math = "y = x²"
    backward_math = "∂L/∂x = g · 2x"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * 2 * self.input
