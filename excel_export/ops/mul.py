"""mul: the product of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._numbers import IMAGE, PAIRS, ROW, randn
from excel_export.ops._pairwise import Pairwise


@operator(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply)
class mul(Pairwise):
    """The product, with broadcasting."""

    called = "{input} · {other}"
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

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x, y: x * y, ROW, ROW)
        yield Example("broadcast", lambda x, y: x * y, randn(3, 4), randn(3, 1))
        yield Example("broadcast both", lambda x, y: x * y, randn(3, 1), randn(1, 4))
        yield Example("broadcast over hundreds", lambda x, y: x * y, randn(40, 15), randn(1))
        yield Example("broadcast over images", lambda x, y: x * y, randn(3, 1, 1), IMAGE)
        yield Example("broadcast outer", lambda x, y: x * y, randn(2, 1, 1, 5), randn(3, 4, 1))
        yield Example("negative number", lambda x: x * -1.5, randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.mul, *PAIRS, by_element=True)
