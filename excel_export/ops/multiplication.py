"""mul and div; rdiv, a number divided by the input, as in 2 / x; and what a division leaves over: `a % b` and fmod."""

from collections.abc import Callable
from typing import Any, ClassVar

import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, as_expression, operator
from excel_export.formulas.functions import INT, TRUNC
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.operator import Phrases
from excel_export.formulas.words import factor
from excel_export.ops._elementwise import Elementwise, Pairwise, gain_helpers, with_number


@operator(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply)
class mul(Pairwise):
    """The product input · other, with broadcasting: [1, 2] · 3 is [3, 6]."""

    grows: ClassVar[bool] = True
    """True: products of integers can be too large for a cell to hold exactly, so integer inputs get limits."""

    called = "{input} · {other}"
    forward_words = "Numbers are multiplied in pairs."
    forward_math = "y = a · b"
    backward_words = "The slope of a product in one factor is the other factor: each gets g times the other.{sums}"
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


@operator(torch.div, torch.divide, torch.true_divide, torch.Tensor.div, torch.Tensor.divide, torch.Tensor.true_divide)
class div(Pairwise):
    """The quotient input / other, with broadcasting; `rounding_mode` is None, 'floor' or 'trunc'."""

    rounding_mode: str | None = None

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


@operator(torch.Tensor.__rtruediv__, torch.Tensor.__rdiv__)
class rdiv(Elementwise):
    """The number `other` divided by each element: 6 / [1, 2] is [6, 3]."""

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


class _Remainder(Operator):
    """What a division leaves over, with broadcasting.

    Where a / b is a whole number but for rounding, a spreadsheet takes it as one, and PyTorch may not.
    """

    input: Tensor | float
    other: Tensor | float

    backward_words = "The remainder moves as a does, and against b as often as b goes into a."

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Of a number that is divided by a tensor, PyTorch has no gradient at all.
        return super().evaluate(function, *map(torch.as_tensor, args), **kwargs)

    @property
    def ratio(self) -> Expression:
        """The quotient."""
        return as_expression(self.input) / self.other

    @property
    def quotient(self) -> Expression:
        """The quotient as a whole number, rounded down."""
        return INT(self.ratio)

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - self.other * self.quotient

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        words = {"divisor": (self.other, "−g times the whole quotient")}
        return gain_helpers(y, words, lambda _: -y.grad * self.quotient)

    def backward(self, y: Tensor) -> Gradients:
        if isinstance(self.input, Tensor):
            yield self.input, unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            if "divisor" in y.helpers:
                yield self.other, unbroadcast(self.other, y.helpers["divisor"])
            else:
                yield self.other, -y.grad * self.quotient if self.other.is_float else 0 * self.other


@operator(torch.remainder, torch.Tensor.remainder, torch.Tensor.__mod__)
class remainder(_Remainder):
    """What is left of a when b is taken away as often as it goes: `-7 % 3` is 2. It has the sign of b."""

    called = "{input} % {other}"
    forward_words = "What is left of the first number when the second is taken away as often as it goes."
    forward_math = "y = a − b · ⌊a / b⌋"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g · ⌊a / b⌋"


@operator(torch.fmod, torch.Tensor.fmod)
class fmod(_Remainder):
    """What is left of a when b is taken away as often as it goes: −1 for −7 and 3. It has the sign of a."""

    forward_words = "What is left of the first number when the second is taken away as often as it goes, towards 0."
    forward_math = "y = a − b · trunc(a / b)"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g · trunc(a / b)"

    @property
    def quotient(self) -> Expression:
        return TRUNC(self.ratio)
