"""mul: the product of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.words import factor, figure
from excel_export.ops._numbers import IMAGE, PAIRS, ROW, randn
from excel_export.ops._pairwise import Pairwise
from excel_export.ops._terms import Told, terms_of_factor, terms_of_summand


@operator(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply)
class mul(Pairwise):
    """The product, with broadcasting."""

    called = "{input} · {other}"
    forward_words = "The two numbers are multiplied."
    backward_words = "The slope for one factor is the other factor: each gets the gradient times the other."
    forward_math = "y = a · b"
    backward_math = "∂L/∂a = g · b,  ∂L/∂b = g · a"

    def forward_words_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor):
            return f"Each number is multiplied by {figure(self.other)}."
        return self.forward_words if y.data.size == 1 else "Numbers are multiplied in pairs."

    def forward_math_here(self, y: Tensor) -> str:
        return self.forward_math if isinstance(self.other, Tensor) else f"y = a · {factor(self.other)}"

    def backward_words_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor):
            return f"The slope is {figure(self.other)}: each gradient is g times that."
        return self.backward_words + self.sums(y)

    def backward_math_here(self, y: Tensor) -> str:
        return self.backward_math if isinstance(self.other, Tensor) else f"∂L/∂a = g · {factor(self.other)}"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * self.other

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad, self.other)
        if isinstance(self.other, Tensor):
            yield self.other, unbroadcast(self.other, y.grad, self.input)

    def terms(self, y: Tensor) -> Told:
        if not isinstance(self.other, Tensor):
            yield from terms_of_summand(self.input, y, float(self.other))
        else:
            yield from terms_of_factor(self.input, self.other, y)
            yield from terms_of_factor(self.other, self.input, y)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: x * y, ROW, ROW)
        yield Example("broadcast", lambda x, y: x * y, randn(3, 4), randn(3, 1))
        yield Example("broadcast both", lambda x, y: x * y, randn(3, 1), randn(1, 4))
        yield Example("broadcast over hundreds", lambda x, y: x * y, randn(40, 15), randn(1))
        yield Example("broadcast over images", lambda x, y: x * y, randn(3, 1, 1), IMAGE)
        yield Example("broadcast outer", lambda x, y: x * y, randn(2, 1, 1, 5), randn(3, 4, 1))
        yield Example("negative number", lambda x: x * -1.5, randn(3, 4))
        yield Extreme("", torch.mul, *PAIRS, by_element=True)
