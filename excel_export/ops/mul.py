"""mul: the product of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._pairwise import Pairwise


@operator(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply)
class mul(Pairwise):
    """The product, with broadcasting."""

    forward_words = "The two numbers are multiplied."
    backward_words = "Each factor gets the gradient times the other factor."
    forward_math = "y = a · b"
    backward_math = "∂L/∂a = g · b,  ∂L/∂b = g · a"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * self.other

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad, self.other)
        if isinstance(self.other, Tensor):
            yield self.other, unbroadcast(self.other, y.grad, self.input)
