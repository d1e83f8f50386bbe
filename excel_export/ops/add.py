"""add: the sum of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._pairwise import Pairwise


@operator(torch.add, torch.Tensor.add)
class add(Pairwise):
    """The sum, with broadcasting; `alpha` multiplies the second operand."""

    alpha: float = 1

    forward_words = "The two numbers are added."
    backward_words = "A sum grows as fast as each of its terms: both get the gradient as it is."
    forward_math = "y = a + b"
    backward_math = "∂L/∂a = g,  ∂L/∂b = g"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input + (self.other if self.alpha == 1 else self.alpha * self.other)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            gradient = unbroadcast(self.other, y.grad)
            yield self.other, gradient if self.alpha == 1 else self.alpha * gradient
