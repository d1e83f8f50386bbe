"""reciprocal: one divided by the input, as in 1 / x."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(torch.reciprocal, torch.Tensor.reciprocal)
class reciprocal(Elementwise):
    """The reciprocal of each element."""

    forward_math = "y = 1 / x"
    backward_math = "∂L/∂x = −g · y²"

    def forward(self, y: Tensor) -> OperandLike:
        return 1 / self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad * y * y
