"""and, or, xor and not: of truth values, and of numbers, where what is not 0 counts as true."""

import torch

from excel_export.formulas import Expression, Gradients, OperandLike, Operator, Tensor, equal, operator, unequal
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
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

    def holds(self, one: Expression, two: Expression) -> Expression:
        """Whether it is so, for two conditions."""
        raise NotImplementedError

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.holds(unequal(self.input, 0), unequal(self.other, 0)), 1, 0)

    def backward(self, y: Tensor) -> Gradients:
        for x in (self.input, self.other):
            if isinstance(x, Tensor):
                yield x, 0 * x


@operator(torch.logical_and, torch.Tensor.logical_and)
class logical_and(_Connective):
    """1 where both are not 0."""

    called = "{input} and {other}"
    forward_words = "1 where both hold, 0 elsewhere."
    forward_math = "y = 1 if a and b, else 0"

    def holds(self, one: Expression, two: Expression) -> Expression:
        return AND(one, two)

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x, y: torch.logical_and(x > 0, y < 0.5), ROW, ROW)
        yield Example("of numbers", lambda x, y: torch.logical_and(x, y) * x, BORDERS, BORDERS.T)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: torch.logical_and(x, x < 0.5) * x, NUMBERS, by_element=True, decides=True)


@operator(torch.logical_or, torch.Tensor.logical_or)
class logical_or(_Connective):
    """1 where one of two is not 0, or both."""

    called = "{input} or {other}"
    forward_words = "1 where one of the two holds, or both; 0 elsewhere."
    forward_math = "y = 1 if a or b, else 0"

    def holds(self, one: Expression, two: Expression) -> Expression:
        return OR(one, two)

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x, y: torch.logical_or(x > 0.5, y < 0), ROW, ROW)
        yield Example("of numbers", lambda x, y: torch.logical_or(x, y) * x, BORDERS, BORDERS.T)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: torch.logical_or(x, x < -0.5) * x, NUMBERS, by_element=True, decides=True)


@operator(torch.logical_xor, torch.Tensor.logical_xor)
class logical_xor(_Connective):
    """1 where just one of two is not 0."""

    called = "{input} xor {other}"
    forward_words = "1 where just one of the two holds, 0 elsewhere."
    forward_math = "y = 1 if a or b, but not both, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(unequal(self.input, 0), IF(unequal(self.other, 0), 0, 1), IF(unequal(self.other, 0), 1, 0))

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x, y: torch.logical_xor(x > 0.5, y > -0.5), ROW, ROW)
        yield Example("of numbers", lambda x, y: torch.logical_xor(x, y) * x, BORDERS, BORDERS.T)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: torch.logical_xor(x, x < -0.5) * x, NUMBERS, by_element=True, decides=True)


@operator(torch.logical_not, torch.Tensor.logical_not)
class logical_not(Elementwise):
    """1 where the element is 0."""

    called = "not {input}"
    forward_words = "1 where it does not hold, 0 where it does."
    forward_math = "y = 0 if x, else 1"
    backward_words = _STEPS
    backward_math = "∂L/∂x = 0: nudging it leaves y as it is"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(equal(self.input, 0), 1, 0)

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * self.input

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: torch.logical_not(x > 0), ROW)
        yield Example("of numbers", lambda x: x.logical_not() * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: torch.logical_not(x) + x, NUMBERS, by_element=True, decides=True)
