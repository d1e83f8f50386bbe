"""tanh: any number to one between −1 and 1."""

import torch

from excel_export.formulas import TANH, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.tanh, torch.Tensor.tanh)
class tanh(Elementwise):
    """The hyperbolic tangent of each element."""

    forward_math = "y = tanh x"
    backward_math = "∂L/∂x = g · (1 − y²)"

    def forward(self, y: Tensor) -> OperandLike:
        return TANH(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * (1 - y * y)
