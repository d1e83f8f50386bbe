"""exp: e to the power of each element, its own derivative."""

import torch

from excel_export.formulas import EXP, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.exp, torch.Tensor.exp)
class exp(Elementwise):
    """The exponential of each element; from 709.8 on it is too large for a spreadsheet."""

    forward_math = "y = eˣ"
    backward_math = "∂L/∂x = g · y"

    def forward(self, y: Tensor) -> OperandLike:
        return EXP(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * y
