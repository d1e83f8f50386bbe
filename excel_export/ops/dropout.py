"""dropout: in eval mode, nothing is dropped."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, torch.dropout)
class dropout(Elementwise):
    """Dropout in eval mode: the identity."""

    p: float = 0.5
    training: bool = True
    inplace: bool = False

    forward_words = "Dropout changes something in training only: here the numbers pass unchanged."
    backward_words = "The gradient passes as it is."
    forward_math = "y = x"
    backward_math = "∂L/∂x = g"

    def check(self) -> str | None:
        active = self.training and self.p > 0
        return "active dropout is random, so it is not supported: call .eval() on the module" if active else None

    def forward(self, y: Tensor) -> OperandLike:
        return self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: F.dropout(x, 0.5, training=False), ROW)
        yield Example("module", nn.Dropout(0.5).eval(), randn(3, 4))
        yield Example("function", lambda x: F.dropout(x * 2, training=False), randn(3, 4))
        yield Example("of nothing", lambda x: F.dropout(x, 0.0) * 2, randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.dropout(x, training=False), NUMBERS, by_element=True)
