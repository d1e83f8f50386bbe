"""relu: what is positive passes."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import IF, MAX
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW, randn


@operator(F.relu, torch.relu, torch.Tensor.relu)
class relu(Elementwise):
    """Rectified linear unit. At exactly 0 its gradient is 0, as in PyTorch."""

    inplace: bool = False

    forward_words = "What is positive passes unchanged; what is negative becomes 0."
    backward_words = (
        "Where the number was positive the slope is 1, and the gradient passes as it is. Where it was cut off a "
        "small nudge changes nothing: its gradient is 0."
    )
    forward_math = "y = max(0, x)"
    backward_math = "∂L/∂x = g if x > 0, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return MAX(0, self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(y > 0, y.grad, 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.relu, ROW)
        yield Example("random", F.relu, randn(3, 4))
        yield Example("at zero", F.relu, BORDERS)
        yield Example("method", lambda x: x.relu(), randn(3, 4))
        yield Example("module", lambda x: nn.ReLU(inplace=True)(x * 1), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.relu, NUMBERS, by_element=True, decides=True)
