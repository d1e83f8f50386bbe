"""and, or, xor and not: of truth values, and of numbers, where what is not 0 counts as true."""

import torch

from excel_export.formulas import Expression, Gradients, OperandLike, Operator, Tensor, equal, operator, unequal
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import AND, IF, OR
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW

_STEPS = "A small nudge leaves the answer as it is, so the slope is 0: this path adds 0."


class _Connective(Operator):
    """One of and, or, xor, with broadcasting."""

    input: Tensor
    other: Tensor | float

    backward_words = _STEPS
    backward_math = "∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is"

    def joined(self, a: Expression, b: Expression) -> Expression:
        """1 where it is so for two conditions, else 0."""
        raise NotImplementedError

    def forward(self, y: Tensor) -> OperandLike:
        return self.joined(unequal(self.input, 0), unequal(self.other, 0))

    def backward(self, y: Tensor) -> Gradients:
        for x in (self.input, self.other):
            if isinstance(x, Tensor):
                yield x, 0 * x

    @classmethod
    def cases(cls) -> Cases:
        function, method = cls.functions
        yield Example("", lambda x, y: function(x > 0, y < 0.5), ROW, ROW)
        yield Example("of numbers", lambda x, y: method(x, y) * x, BORDERS, BORDERS.T)
        yield Extreme("", lambda x: function(x, x < 0.5) * x + function(x, x < -0.5) * x, NUMBERS,
                      by_element=True, decides=True)  # fmt: skip


@operator(torch.logical_and, torch.Tensor.logical_and)
class logical_and(_Connective):
    """1 where both are not 0."""

    called = "{input} and {other}"
    forward_math = "y = 1 if a and b, else 0"
    forward_words = "1 where both hold, 0 elsewhere."

    def joined(self, a: Expression, b: Expression) -> Expression:
        return IF(AND(a, b), 1, 0)


@operator(torch.logical_or, torch.Tensor.logical_or)
class logical_or(_Connective):
    """1 where one of two is not 0, or both."""

    called = "{input} or {other}"
    forward_math = "y = 1 if a or b, else 0"
    forward_words = "1 where one of the two holds, or both; 0 elsewhere."

    def joined(self, a: Expression, b: Expression) -> Expression:
        return IF(OR(a, b), 1, 0)


@operator(torch.logical_xor, torch.Tensor.logical_xor)
class logical_xor(_Connective):
    """1 where just one of two is not 0."""

    called = "{input} xor {other}"
    forward_math = "y = 1 if a or b, but not both, else 0"
    forward_words = "1 where just one of the two holds, 0 elsewhere."

    def joined(self, a: Expression, b: Expression) -> Expression:
        return IF(a, IF(b, 0, 1), IF(b, 1, 0))


@operator(torch.logical_not, torch.Tensor.logical_not)
class logical_not(Elementwise):
    """1 where the element is 0."""

    called = "not {input}"
    forward_math = "y = 0 if x, else 1"
    forward_words = "1 where it does not hold, 0 where it does."
    backward_math = "∂L/∂x = 0: nudging it leaves y as it is"
    backward_words = _STEPS

    def forward(self, y: Tensor) -> OperandLike:
        return IF(equal(self.input, 0), 1, 0)

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * self.input

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: torch.logical_not(x > 0), ROW)
        yield Example("of numbers", lambda x: x.logical_not() * x.exp(), BORDERS)
        yield Extreme("", lambda x: torch.logical_not(x) + x, NUMBERS, by_element=True, decides=True)
