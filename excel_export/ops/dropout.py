"""dropout: in eval mode, nothing is dropped."""

import torch
import torch.nn.functional as F

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise


@operator(F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, torch.dropout)
class dropout(Elementwise):
    """Dropout in eval mode: the identity."""

    p: float = 0.5
    training: bool = True
    inplace: bool = False

    forward_math = "y = x"
    backward_math = "∂L/∂x = g"

    def check(self) -> str | None:
        active = self.training and self.p > 0
        return "active dropout is random, so it is not supported: call .eval() on the module" if active else None

    def forward(self, y: Tensor) -> OperandLike:
        return self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad
