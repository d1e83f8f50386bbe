"""log: the natural logarithm."""

import torch

from excel_export.formulas import LN, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.log, torch.Tensor.log)
class log(Elementwise):
    """The natural logarithm of each element."""

    forward_math = "y = ln x"
    backward_math = "∂L/∂x = g / x"

    def forward(self, y: Tensor) -> OperandLike:
        return LN(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / self.input
