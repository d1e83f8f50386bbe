"""abs: the distance from zero."""

import torch

from excel_export.formulas import ABS, SIGN, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.abs, torch.absolute, torch.Tensor.abs, torch.Tensor.absolute)
class abs(Elementwise):
    """The size of each element without its sign. At exactly 0 its gradient is 0, as in PyTorch."""

    forward_math = "y = |x|"
    backward_math = "∂L/∂x = g · sign(x), 0 at 0"

    def forward(self, y: Tensor) -> OperandLike:
        return ABS(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * SIGN(self.input)
