"""add and sub; and rsub, the difference the other way round, as in 1 - x."""

from typing import Any

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator, unbroadcast
from excel_export.formulas.operator import Phrases
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Pairwise, with_number

_PASSES = "When the number grows a little, the result grows by the same amount, so the gradient passes back unchanged."


@operator(torch.add, torch.Tensor.add)
class add(Pairwise):
    """The sum input + alpha · other, with broadcasting: [1, 2] + 3 is [4, 5]."""

    alpha: float = 1

    called = "{input} + {other}"
    forward_words = "Numbers are added in pairs{times}."
    forward_math = "y = a + b"
    backward_words = "When a term grows by a little, the sum grows by as much: the slope is 1, so each term gets the gradient unchanged.{sums}"
    backward_math = "∂L/∂a = g,  ∂L/∂b = g"
    phrases = (
        Phrases(
            with_number,
            forward_words="{added} is added to each number.",
            forward_math="y = a + {added:factor}",
            backward_words=_PASSES,
            backward_math="∂L/∂a = g",
        ),
        Phrases(lambda self, y: y.data.size == 1, forward_words="Two numbers are added{times}."),
        Phrases(
            lambda self, y: self.alpha != 1,
            forward_math="y = a + {alpha:factor} · b",
            backward_words="The slopes are 1 and {alpha}: each term gets g times its slope.{sums}",
            backward_math="∂L/∂a = g,  ∂L/∂b = {alpha:factor} · g",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        times = "" if self.alpha == 1 else f", the second one times {figure(self.alpha)}"
        return super().pieces(y) | {"times": times, "added": None if self.of_two else self.other * self.alpha}

    def forward(self, y: Tensor) -> OperandLike:
        return self.input + (self.other if self.alpha == 1 else self.alpha * self.other)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            gradient = unbroadcast(self.other, y.grad)
            yield self.other, gradient if self.alpha == 1 else self.alpha * gradient


@operator(torch.sub, torch.subtract, torch.Tensor.sub, torch.Tensor.subtract)
class sub(Pairwise):
    """The difference input − alpha · other, with broadcasting: [1, 2] − 3 is [−2, −1]."""

    alpha: float = 1

    called = "{input} − {other}"
    forward_words = "Numbers are taken from others, pair by pair."
    forward_math = "y = a − b"
    backward_words = (
        "When the first grows, the result grows by just that; when the second grows, it falls by that. "
        "So the first gets the gradient as it is, the second with the opposite sign.{sums}"
    )
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g"
    phrases = (
        Phrases(
            with_number, forward_words="{taken} is taken from {each_first}.", forward_math="y = a − {taken:factor}"
        ),
        Phrases(lambda self, y: self.other.data.size == 1, forward_words="One number is taken from {each_first}."),
        Phrases(
            lambda self, y: not self.of_two or not self.other.has_grad,
            backward_words=_PASSES,
            backward_math="∂L/∂a = g",
        ),
        Phrases(
            lambda self, y: self.alpha != 1,
            forward_math="y = a − {alpha:factor} · b",
            backward_words="The slopes are 1 and {minus}: each gets g times its slope.{sums}",
            backward_math="∂L/∂a = g,  ∂L/∂b = {minus:factor} · g",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        taken = None if self.of_two else self.other * self.alpha
        return super().pieces(y) | {"taken": taken, "minus": -self.alpha}

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - (self.other if self.alpha == 1 else self.alpha * self.other)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            gradient = unbroadcast(self.other, y.grad)
            yield self.other, -gradient if self.alpha == 1 else -self.alpha * gradient


@operator(torch.rsub, torch.Tensor.__rsub__)
class rsub(Pairwise):
    """The difference other − input, with broadcasting, as Python writes 3 − x; `alpha` must be 1."""

    alpha: float = 1

    called = "{other} − {input}"
    forward_words = "The first number is taken from the second."
    forward_math = "y = b − a"
    backward_words = "When the first grows, the result falls by just that: it gets the gradient with the opposite sign, the second as it is.{sums}"
    backward_math = "∂L/∂a = −g,  ∂L/∂b = g"
    phrases = (
        Phrases(
            with_number,
            forward_words="Each number is taken from {other}.",
            forward_math="y = {other} − a",
            backward_words="When the number grows by a little, the result falls by just that: the gradient changes its sign.",
            backward_math="∂L/∂a = −g",
        ),
    )

    def check(self) -> str | None:
        return "alpha other than 1 is not supported" if self.alpha != 1 else None

    def forward(self, y: Tensor) -> OperandLike:
        return self.other - self.input

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, -unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            yield self.other, unbroadcast(self.other, y.grad)
