"""neg: the other sign."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.neg, torch.negative, torch.Tensor.neg, torch.Tensor.negative)
class neg(Elementwise):
    """Each element with the other sign."""

    forward_math = "y = −x"
    backward_math = "∂L/∂x = −g"

    def forward(self, y: Tensor) -> OperandLike:
        return -self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad
