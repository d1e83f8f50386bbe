"""mul and div; and rdiv, a number divided by the input, as in 2 / x."""

from typing import ClassVar

import torch

from excel_export.formulas import INT, TRUNC, Cases, Example, Extreme, Gradients, Helper, OperandLike, Tensor, operator
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.words import factor, figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import IMAGE, NUMBERS, ROW, randn
from excel_export.ops._pairwise import Pairwise, gain_helpers


@operator(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply)
class mul(Pairwise):
    """The product, with broadcasting."""

    grows: ClassVar[bool] = True

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
    backward_words = "The first has the slope 1/b: it gets g / b. The second has the slope −y / b: it gets −g · y / b."
    forward_math = "y = a / b"
    backward_math = "∂L/∂a = g / b,  ∂L/∂b = −g · y / b"

    def forward_words_here(self, y: Tensor) -> str:
        then = {None: "", "floor": " The result is rounded down.", "trunc": " What stands behind the point is cut off."}
        if isinstance(self.other, Tensor) and self.other.data.size > 1:
            return "Numbers are divided by others, pair by pair." + then[self.rounding_mode]
        divisor = "one number" if isinstance(self.other, Tensor) else figure(self.other)
        return f"{self.each_of_the_first.capitalize()} is divided by {divisor}." + then[self.rounding_mode]

    def forward_math_here(self, y: Tensor) -> str:
        ratio = "a / b" if isinstance(self.other, Tensor) else f"a / {factor(self.other)}"
        return {None: f"y = {ratio}", "floor": f"y = ⌊{ratio}⌋", "trunc": f"y = trunc({ratio})"}[self.rounding_mode]

    def backward_words_here(self, y: Tensor) -> str:
        if self.rounding_mode:
            return "A small nudge leaves the rounded number as it is, so the slope is 0: this path adds 0."
        if isinstance(self.other, Tensor) and self.other.has_grad:
            return self.backward_words + self.sums(y)
        divisor = "the divisor" if isinstance(self.other, Tensor) else factor(self.other)
        return f"When the number grows by 1, the result grows by 1 / {divisor}. So the gradient is g / {divisor}."

    def backward_math_here(self, y: Tensor) -> str:
        if self.rounding_mode:
            return "∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is"
        if isinstance(self.other, Tensor):
            return self.backward_math if self.other.has_grad else "∂L/∂a = g / b"
        return f"∂L/∂a = g / {factor(self.other)}"

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
    backward_words = "The slope of c / x is −c / x², which is −y / x: steep near 0, flat far from it."
    forward_math = "y = c / x"
    backward_math = "∂L/∂x = −g · y / x"

    def forward_words_here(self, y: Tensor) -> str:
        return f"{figure(self.other)} divided by each number."

    def forward_math_here(self, y: Tensor) -> str:
        return f"y = {figure(self.other)} / x"

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
