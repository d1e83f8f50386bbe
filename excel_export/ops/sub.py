"""sub: the difference of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._numbers import PAIRS, ROW, randn
from excel_export.ops._pairwise import Pairwise


@operator(torch.sub, torch.subtract, torch.Tensor.sub, torch.Tensor.subtract)
class sub(Pairwise):
    """The difference, with broadcasting; `alpha` multiplies the second operand."""

    alpha: float = 1

    called = "{input} − {other}"
    forward_words = "The second number is taken from the first."
    backward_words = "The first gets the gradient as it is, the second with the opposite sign."
    forward_math = "y = a − b"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - (self.other if self.alpha == 1 else self.alpha * self.other)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            gradient = unbroadcast(self.other, y.grad)
            yield self.other, -gradient if self.alpha == 1 else -self.alpha * gradient

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x, y: x - y, ROW, ROW)
        yield Example("broadcast", lambda x, y: x - y, randn(3, 4), randn(3, 1))
        yield Example("broadcast first", lambda x, y: x - y, randn(1, 4), randn(3, 4))
        yield Example("alpha", lambda x, y: torch.sub(x, y, alpha=0.5), randn(3, 4), randn(3, 4))
        yield Example("negative number", lambda x: x - -1.5, randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.sub, *PAIRS, by_element=True)
