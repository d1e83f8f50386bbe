"""add: the sum of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.words import factor, figure
from excel_export.ops._numbers import IMAGE, PAIRS, ROW, randn
from excel_export.ops._pairwise import Pairwise
from excel_export.ops._terms import Told, terms_of_summand


@operator(torch.add, torch.Tensor.add)
class add(Pairwise):
    """The sum, with broadcasting; `alpha` multiplies the second operand."""

    alpha: float = 1

    called = "{input} + {other}"
    backward_words = "When a term grows by a little, the sum grows by just that: the slope is 1, so each term gets the gradient as it is."
    forward_math = "y = a + b"
    backward_math = "∂L/∂a = g,  ∂L/∂b = g"

    def forward_words_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor):
            return f"{figure(self.other * self.alpha)} is added to each number."
        times = "" if self.alpha == 1 else f", the second one times {figure(self.alpha)}"
        return f"Two numbers are added{times}." if y.data.size == 1 else f"Numbers are added in pairs{times}."

    def forward_math_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor):
            return f"y = a + {factor(self.other * self.alpha)}"
        return self.forward_math if self.alpha == 1 else f"y = a + {factor(self.alpha)} · b"

    def backward_words_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor):
            return "When the number grows by a little, the result grows by just that: the gradient passes as it is."
        if self.alpha != 1:
            return f"The slopes are 1 and {figure(self.alpha)}: each term gets g times its slope.{self.sums(y)}"
        return self.backward_words + self.sums(y)

    def backward_math_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor):
            return "∂L/∂a = g"
        return self.backward_math if self.alpha == 1 else f"∂L/∂a = g,  ∂L/∂b = {factor(self.alpha)} · g"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input + (self.other if self.alpha == 1 else self.alpha * self.other)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            gradient = unbroadcast(self.other, y.grad)
            yield self.other, gradient if self.alpha == 1 else self.alpha * gradient

    def terms(self, y: Tensor) -> Told:
        yield from terms_of_summand(self.input, y)
        if isinstance(self.other, Tensor):
            yield from terms_of_summand(self.other, y, self.alpha)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: x + y, ROW, ROW)
        yield Example("random", lambda x, y: x + y, randn(3, 4), randn(3, 4))
        yield Example("broadcast", lambda x, y: x + y, randn(3, 4), randn(4))
        yield Example("broadcast both", torch.add, randn(3, 1), randn(1, 4))
        yield Example("broadcast over hundreds", lambda x, y: x + y, randn(40, 15), randn(1))
        yield Example("broadcast over images", lambda x, y: x + y, IMAGE, randn(3, 1, 1))
        yield Example("broadcast nothing", lambda x, y: x + y, randn(1, 3), randn(3))
        yield Example("number", lambda x: 2.5 + x, randn(3, 4))
        yield Example("negative number", lambda x: x + -2.5, randn(3, 4))
        yield Example("tiny number", lambda x: x + 1e-5, randn(3, 4))
        yield Example("alpha", lambda x, y: x.add(y, alpha=-2), randn(3, 4), randn(4))
        yield Example("itself", lambda x: x + x, randn(3, 4))
        yield Extreme("", torch.add, *PAIRS, by_element=True)
