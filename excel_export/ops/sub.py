"""sub: the difference of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.words import factor, figure
from excel_export.ops._numbers import PAIRS, ROW, randn
from excel_export.ops._pairwise import Pairwise
from excel_export.ops._terms import Told, terms_of_summand


@operator(torch.sub, torch.subtract, torch.Tensor.sub, torch.Tensor.subtract)
class sub(Pairwise):
    """The difference, with broadcasting; `alpha` multiplies the second operand."""

    alpha: float = 1

    called = "{input} − {other}"
    backward_words = (
        "When the first grows, the result grows by just that; when the second grows, it falls by that. "
        "So the first gets the gradient as it is, the second with the opposite sign."
    )
    forward_math = "y = a − b"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g"

    def forward_words_here(self, y: Tensor) -> str:
        if isinstance(self.other, Tensor) and self.other.data.size > 1:
            return "Numbers are taken from others, pair by pair."
        what = "One number" if isinstance(self.other, Tensor) else figure(self.other * self.alpha)
        return f"{what} is taken from {self.each_of_the_first}."

    def forward_math_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor):
            return f"y = a − {factor(self.other * self.alpha)}"
        return self.forward_math if self.alpha == 1 else f"y = a − {factor(self.alpha)} · b"

    def backward_words_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor) or not self.other.has_grad:
            return "When the number grows by a little, the result grows by just that: the gradient passes as it is."
        if self.alpha != 1:
            return f"The slopes are 1 and {figure(-self.alpha)}: each gets g times its slope.{self.sums(y)}"
        return self.backward_words + self.sums(y)

    def backward_math_here(self, y: Tensor) -> str:
        if not isinstance(self.other, Tensor) or not self.other.has_grad:
            return "∂L/∂a = g"
        return self.backward_math if self.alpha == 1 else f"∂L/∂a = g,  ∂L/∂b = {factor(-self.alpha)} · g"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - (self.other if self.alpha == 1 else self.alpha * self.other)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            gradient = unbroadcast(self.other, y.grad)
            yield self.other, -gradient if self.alpha == 1 else -self.alpha * gradient

    def terms(self, y: Tensor) -> Told:
        yield from terms_of_summand(self.input, y)
        if isinstance(self.other, Tensor):
            yield from terms_of_summand(self.other, y, -self.alpha)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: x - y, ROW, ROW)
        yield Example("broadcast", lambda x, y: x - y, randn(3, 4), randn(3, 1))
        yield Example("broadcast first", lambda x, y: x - y, randn(1, 4), randn(3, 4))
        yield Example("alpha", lambda x, y: torch.sub(x, y, alpha=0.5), randn(3, 4), randn(3, 4))
        yield Example("negative number", lambda x: x - -1.5, randn(3, 4))
        yield Extreme("", torch.sub, *PAIRS, by_element=True)
