"""add and sub; and rsub, the difference the other way round, as in 1 - x."""

import torch

from excel_export.formulas import Cases, Example, Extreme, Gradients, OperandLike, Tensor, operator, unbroadcast
from excel_export.formulas.words import factor, figure
from excel_export.ops._numbers import NUMBERS, ROW, randn
from excel_export.ops._pairwise import Pairwise


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

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("in Python", lambda x, y: x + y, randn(3, 4), randn(4))
        yield Example("broadcast over hundreds", lambda x, y: x + y, randn(20, 15), randn(1))
        yield Example("number first", lambda x: 2.5 + x, randn(3, 4))
        yield Example("tiny number", lambda x: x + 1e-5, randn(3, 4))
        yield Example("alpha", lambda x, y: x.add(y, alpha=-2), randn(3, 4), randn(4))
        yield Example("itself", lambda x: x + x, randn(3, 4))


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

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("in Python", lambda x, y: x - y, randn(3, 4), randn(3, 1))
        yield Example("alpha", lambda x, y: torch.sub(x, y, alpha=0.5), randn(3, 4), randn(3, 4))


@operator(torch.rsub, torch.Tensor.__rsub__)
class rsub(Pairwise):
    """The difference the other way round, with broadcasting."""

    alpha: float = 1

    called = "{other} − {input}"
    forward_words = "The first number is taken from the second."
    backward_words = "When the first grows, the result falls by just that: it gets the gradient with the opposite sign, the second as it is."
    forward_math = "y = b − a"
    backward_math = "∂L/∂a = −g,  ∂L/∂b = g"

    def forward_words_here(self, y: Tensor) -> str:
        if isinstance(self.other, Tensor):
            return self.forward_words
        return f"Each number is taken from {figure(self.other)}."

    def forward_math_here(self, y: Tensor) -> str:
        return self.forward_math if isinstance(self.other, Tensor) else f"y = {figure(self.other)} − a"

    def backward_words_here(self, y: Tensor) -> str:
        if isinstance(self.other, Tensor):
            return self.backward_words + self.sums(y)
        return "When the number grows by a little, the result falls by just that: the gradient changes its sign."

    def backward_math_here(self, y: Tensor) -> str:
        return self.backward_math if isinstance(self.other, Tensor) else "∂L/∂a = −g"

    def check(self) -> str | None:
        return "alpha other than 1 is not supported" if self.alpha != 1 else None

    def forward(self, y: Tensor) -> OperandLike:
        return self.other - self.input

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, -unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            yield self.other, unbroadcast(self.other, y.grad)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("in Python", lambda x: 1 - x, ROW)
        yield Extreme("from 1", lambda x: 1 - x, NUMBERS, by_element=True, cancels=True)
