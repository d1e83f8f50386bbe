"""relu: what is positive passes."""

import torch
import torch.nn.functional as F

from excel_export.formulas import IF, MAX, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(F.relu, torch.relu, torch.Tensor.relu)
class relu(Elementwise):
    """Rectified linear unit. At exactly 0 its gradient is 0, as in PyTorch."""

    inplace: bool = False

    forward_words = "What is positive passes unchanged; what is negative becomes zero."
    backward_words = (
        "Where the number was positive the gradient passes unchanged. Where it was cut off nothing passes: "
        "nudging it would change nothing."
    )
    forward_math = "y = max(0, x)"
    backward_math = "∂L/∂x = g if x > 0, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return MAX(0, self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, y.grad, 0)
