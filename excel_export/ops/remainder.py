"""floor_divide, remainder and fmod: `a // b`, `a % b`, and the remainder with the sign of a."""

from collections.abc import Callable
from typing import Any

import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, as_expression, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import INT, TRUNC
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._numbers import ROW, doubles, randn
from excel_export.ops._pairwise import Jump, gain_helpers

_SIGNS = torch.tensor([[7.0, -7.0, 6.0, -6.0, 0.5]]), torch.tensor([[3.0], [-3.0], [0.75]])
_FEW = doubles(1e-300, 1e-8, 0.3, 7, 1e150)
_PAIRS = torch.stack((torch.cat((_FEW * 2.5, _FEW * -2.5)), torch.cat((_FEW, _FEW))))


class _Division(Operator):
    """A division with a whole result, or what it leaves over, with broadcasting.

    Where a / b is a whole number but for rounding, a spreadsheet takes it as one, and PyTorch may not.
    """

    input: Tensor | float
    other: Tensor | float

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Of a number that is divided by a tensor, PyTorch has no gradient at all.
        return super().evaluate(function, *map(torch.as_tensor, args), **kwargs)

    @property
    def quotient(self) -> Expression:
        """The quotient as a whole number, rounded down."""
        return INT(self.ratio)

    @property
    def ratio(self) -> Expression:
        """The quotient."""
        return as_expression(self.input) / self.other

    @classmethod
    def cases(cls) -> Cases:
        function, method = cls.functions[0], cls.functions[-1]
        yield Example("", lambda x: method(x.detach(), 0.3) * x, ROW)
        yield Example("signs", lambda x, y: method(x.detach(), y.detach()) * x, *_SIGNS)
        yield Example("of a number", lambda x: function(torch.tensor(5), x.detach()) * x, randn(3, 4))
        yield Example("of whole numbers", lambda x: method(x, 2) * 1.5, torch.tensor([-3, 0, 5]))
        yield Extreme("", lambda x, y: function(x.detach(), y.detach()) * x * y, *_PAIRS, by_element=True)


@operator(torch.floor_divide, torch.Tensor.floor_divide, torch.Tensor.__floordiv__)
class floor_divide(_Division, Jump):
    """How often b goes into a, rounded down: `a // b`. PyTorch has no gradient for it, not even 0."""

    called = "{input} // {other}"
    forward_words = "How often the second number goes into the first, rounded down to a whole number."
    forward_math = "y = ⌊a / b⌋"

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return torch.div(*args, **kwargs, rounding_mode="floor")  # the same, with 0 as its gradient

    def forward(self, y: Tensor) -> OperandLike:
        return self.quotient


class _Remainder(_Division):
    """What a division leaves over."""

    backward_words = "The remainder moves as a does, and against b as often as b goes into a."

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - self.other * self.quotient

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("with a gradient", lambda x: cls.functions[-1](x, 0.3), ROW)
        yield Example("signs, with gradients", cls.functions[0], *_SIGNS)
        yield Extreme("with gradients", cls.functions[0], *_PAIRS, by_element=True)

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
    """What is left of a when b is taken away as often as it goes: `a % b`. It has the sign of b."""

    called = "{input} % {other}"
    forward_words = "What is left of the first number when the second is taken away as often as it goes."
    forward_math = "y = a − b · ⌊a / b⌋"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g · ⌊a / b⌋"


@operator(torch.fmod, torch.Tensor.fmod)
class fmod(_Remainder):
    """What is left of a when b is taken away as often as it goes. It has the sign of a."""

    forward_words = "What is left of the first number when the second is taken away as often as it goes, towards 0."
    forward_math = "y = a − b · trunc(a / b)"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g · trunc(a / b)"

    @property
    def quotient(self) -> Expression:
        return TRUNC(self.ratio)
