"""sqrt: the square root."""

import torch

from excel_export.formulas import SQRT, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.sqrt, torch.Tensor.sqrt)
class sqrt(Elementwise):
    """The square root of each element."""

    forward_math = "y = √x"
    backward_math = "∂L/∂x = g / (2y)"

    def forward(self, y: Tensor) -> OperandLike:
        return SQRT(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / (2 * y)
