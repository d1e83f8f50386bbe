"""detach: the same numbers, but gradients stop here."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.detach, torch.Tensor.detach)
class detach(Elementwise):
    """A copy that the gradient does not pass."""

    called = "{input}, detached"
    forward_words = "The same numbers. No gradient will come back through here."
    backward_words = "The gradient is stopped here on purpose: this path adds 0."
    forward_math = "y = x"
    backward_math = "∂L/∂x = 0: the gradient is stopped on purpose"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * y.grad

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.detach, ROW)
        yield Example("product", lambda x: x * x.detach(), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: x.detach() + x, NUMBERS, by_element=True)
