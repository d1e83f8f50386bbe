"""mul and div; and rdiv, a number divided by the input, as in 2 / x."""

from typing import Any, ClassVar

import torch

from excel_export.formulas import INT, TRUNC, Cases, Example, Extreme, Gradients, Helper, OperandLike, Tensor, operator
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.operator import Phrases
from excel_export.formulas.words import factor
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import IMAGE, NUMBERS, ROW, randn
from excel_export.ops._pairwise import Pairwise, gain_helpers, with_number


@operator(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply)
class mul(Pairwise):
    """The product, with broadcasting."""

    grows: ClassVar[bool] = True

    called = "{input} · {other}"
    forward_words = "Numbers are multiplied in pairs."
    forward_math = "y = a · b"
    backward_words = "The slope for one factor is the other factor: each gets the gradient times the other.{sums}"
    backward_math = "∂L/∂a = g · b,  ∂L/∂b = g · a"
    phrases = (
        Phrases(
            with_number,
            forward_words="Each number is multiplied by {other}.",
            forward_math="y = a · {other:factor}",
            backward_words="The slope is {other}: each gradient is g times that.",
            backward_math="∂L/∂a = g · {other:factor}",
        ),
        Phrases(lambda self, y: y.data.size == 1, forward_words="The two numbers are multiplied."),
    )

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * self.other

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, unbroadcast(self.input, y.grad, self.other)
        if isinstance(self.other, Tensor):
            yield self.other, unbroadcast(self.other, y.grad, self.input)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("in Python", lambda x, y: x * y, randn(3, 4), randn(3, 1))
        yield Example("broadcast over hundreds", lambda x, y: x * y, randn(20, 15), randn(1))
        yield Example("broadcast an image first", torch.mul, randn(3, 1, 1), IMAGE)


@operator(torch.div, torch.divide, torch.true_divide, torch.Tensor.div, torch.Tensor.divide, torch.Tensor.true_divide)
class div(Pairwise):
    """The quotient, with broadcasting."""

    rounding_mode: str | None = None

    far = 4
    called = "{input} / {other}"
    forward_words = "{first} is divided by {divisor}.{rounded}"
    forward_math = "y = {ratio}"
    backward_words = "When the number grows by 1, the result grows by 1 / {by}. So the gradient is g / {by}."
    backward_math = "∂L/∂a = g / {b}"
    phrases = (
        Phrases(
            lambda self, y: self.of_two and self.other.data.size > 1,
            forward_words="Numbers are divided by others, pair by pair.{rounded}",
        ),
        Phrases(lambda self, y: self.rounding_mode == "floor", forward_math="y = ⌊{ratio}⌋"),
        Phrases(
            lambda self, y: self.rounding_mode,
            forward_math="y = trunc({ratio})",
            backward_words="A small nudge leaves the rounded number as it is, so the slope is 0: this path adds 0.",
            backward_math="∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is",
        ),
        Phrases(
            lambda self, y: self.of_two and self.other.has_grad,
            backward_words="The first has the slope 1/b: it gets g / b. The second has the slope −y / b: it gets −g · y / b.{sums}",
            backward_math="∂L/∂a = g / b,  ∂L/∂b = −g · y / b",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        then = {None: "", "floor": " The result is rounded down.", "trunc": " What stands behind the point is cut off."}
        number = None if isinstance(self.other, Tensor) else self.other
        return super().pieces(y) | {
            "first": self.each_first.capitalize(),
            "divisor": "one number" if number is None else number,
            "rounded": then[self.rounding_mode],
            "ratio": "a / b" if number is None else f"a / {factor(number)}",
            "by": "the divisor" if number is None else factor(number),
            "b": "b" if number is None else factor(number),
        }

    def check(self) -> str | None:
        return None if self.rounding_mode in (None, "floor", "trunc") else "there is no such rounding_mode"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if self.rounding_mode:
            return {}
        return gain_helpers(y, {"quotient": (self.input, "g / b")}, lambda _: y.grad / self.other)

    def forward(self, y: Tensor) -> OperandLike:
        ratio = self.input / self.other
        return {None: ratio, "floor": INT(ratio), "trunc": TRUNC(ratio)}[self.rounding_mode]

    def backward(self, y: Tensor) -> Gradients:
        if self.rounding_mode:
            yield from ((x, 0 * x) for x in (self.input, self.other) if isinstance(x, Tensor))
            return
        if "quotient" in y.helpers:
            yield self.input, unbroadcast(self.input, y.helpers["quotient"])
        else:
            yield self.input, y.grad / self.other
        if isinstance(self.other, Tensor):
            yield self.other, -unbroadcast(self.other, y.grad, y) / self.other

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("in Python", lambda x, y: x / y, randn(3, 4), randn(1, 4) + 3)
        yield Example("broadcast over hundreds", lambda x, y: x / y, randn(20, 15), torch.tensor([2.5]))
        yield Example("rounded down", lambda x, y: x.div(y, rounding_mode="floor") * x, randn(3, 4), randn(4) / 3)
        yield Example("cut off", lambda x: torch.div(x, -0.3, rounding_mode="trunc") * x, randn(3, 4))


@operator(torch.Tensor.__rtruediv__, torch.Tensor.__rdiv__)
class rdiv(Elementwise):
    """The quotient of a number and each element."""

    other: float

    called = "{other} / {input}"
    forward_words = "{other} divided by each number."
    forward_math = "y = {other} / x"
    backward_words = "The slope of c / x is −c / x², which is −y / x: steep near 0, flat far from it."
    backward_math = "∂L/∂x = −g · y / x"

    def check(self) -> str | None:
        return None if isinstance(self.other, (int, float)) else "only a number can be divided this way"

    def forward(self, y: Tensor) -> OperandLike:
        return self.other / self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad * y / self.input

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: 2 / x, ROW + 3)
        yield Example("negative number", lambda x: -2 / x, randn(3, 4) + 4)
        yield Example("one", lambda x: 1 / x, randn(3, 4) - 4)
        yield Extreme("", lambda x: 3 / x, NUMBERS, by_element=True)
        yield Extreme("tiny", lambda x: 1e-300 / x, NUMBERS, by_element=True)
