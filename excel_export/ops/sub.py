"""sub: the difference of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._pairwise import Pairwise


@operator(torch.sub, torch.subtract, torch.Tensor.sub, torch.Tensor.subtract)
class sub(Pairwise):
    """The difference, with broadcasting; `alpha` multiplies the second operand."""

    alpha: float = 1

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
