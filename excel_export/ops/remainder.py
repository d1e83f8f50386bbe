"""floor_divide, remainder and fmod: `a // b`, `a % b`, and the remainder with the sign of a."""

from collections.abc import Callable
from typing import Any

import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import INT, TRUNC
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._numbers import ROW, randn
from excel_export.ops._pairwise import gain_helpers

_SIGNS = torch.tensor([[7.0, -7.0, 6.0, -6.0, 0.5]]), torch.tensor([[3.0], [-3.0], [0.75]])
_FEW = torch.tensor([1e-300, 1e-8, 0.3, 7, 1e150], dtype=torch.float64)
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
        """The quotient as a whole number."""
        raise NotImplementedError

    @property
    def _ratio(self) -> Expression:
        if isinstance(self.input, Tensor):
            return self.input / self.other
        assert isinstance(self.other, Tensor)
        return self.input / self.other


@operator(torch.floor_divide, torch.Tensor.floor_divide, torch.Tensor.__floordiv__)
class floor_divide(_Division):
    """How often b goes into a, rounded down: `a // b`. PyTorch has no gradient for it, not even 0."""

    called = "{input} // {other}"
    forward_words = "How often the second number goes into the first, rounded down to a whole number."
    backward_words = "A small nudge leaves the answer as it is, so the slope is 0: this path adds 0."
    forward_math = "y = ⌊a / b⌋"
    backward_math = "∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is"

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return torch.div(*args, **kwargs, rounding_mode="floor")  # the same, with 0 as its gradient

    def forward(self, y: Tensor) -> OperandLike:
        return INT(self._ratio)

    def backward(self, y: Tensor) -> Gradients:
        for x in (self.input, self.other):
            if isinstance(x, Tensor):
                yield x, 0 * x

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: (x.detach() // 0.3) * x, ROW)
        yield Example("signs", lambda x, y: x.detach() // y.detach() * x, *_SIGNS)
        yield Example("of a number", lambda x: torch.floor_divide(5, x.detach()) * x, randn(3, 4))
        yield Example("of whole numbers", lambda x: x // 2 * 1.5, torch.tensor([-3, 0, 5]))
        yield Extreme("", lambda x, y: torch.floor_divide(x.detach(), y.detach()) * x * y, *_PAIRS, by_element=True)


class _Remainder(_Division):
    """What a division leaves over."""

    backward_words = "The remainder moves as a does, and against b as often as b goes into a."

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
    """What is left of a when b is taken away as often as it goes: `a % b`. It has the sign of b."""

    called = "{input} % {other}"
    forward_words = "What is left of the first number when the second is taken away as often as it goes."
    forward_math = "y = a − b · ⌊a / b⌋"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g · ⌊a / b⌋"

    @property
    def quotient(self) -> Expression:
        return INT(self._ratio)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x % 0.3, ROW)
        yield Example("signs", lambda x, y: x % y, *_SIGNS)
        yield Example("of a number", lambda x: torch.remainder(5, x.detach()) * x, randn(3, 4))
        yield Example("of whole numbers", lambda x: x % 2 * 1.5, torch.tensor([-3, 0, 5]))
        yield Extreme("", torch.remainder, *_PAIRS, by_element=True)


@operator(torch.fmod, torch.Tensor.fmod)
class fmod(_Remainder):
    """What is left of a when b is taken away as often as it goes. It has the sign of a."""

    forward_words = "What is left of the first number when the second is taken away as often as it goes, towards 0."
    forward_math = "y = a − b · trunc(a / b)"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g · trunc(a / b)"

    @property
    def quotient(self) -> Expression:
        return TRUNC(self._ratio)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: torch.fmod(x, 0.3), ROW)
        yield Example("signs", lambda x, y: x.fmod(y), *_SIGNS)
        yield Extreme("", torch.fmod, *_PAIRS, by_element=True)
