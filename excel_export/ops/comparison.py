"""Comparisons gt, ge, lt, le, eq, ne: 1 where they hold, else 0. Step functions: no gradient passes."""

import torch

from excel_export.formulas import Expression, Gradients, OperandLike, Tensor, equal, operator, unequal
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import IF
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW, randn
from excel_export.ops._pairwise import Pairwise


class Comparison(Pairwise):
    """One of the six, with broadcasting. A spreadsheet takes numbers that agree in 15 digits as equal,
    some engines all that differ by less than 2e-16.
    """

    backward_words = "A small nudge leaves the answer as it is, so the slope is 0: this path adds 0."
    backward_math = "∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is"

    def holds(self) -> Expression:
        """Whether it is so."""
        raise NotImplementedError

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.holds(), 1, 0)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, 0 * self.input
        if isinstance(self.other, Tensor):
            yield self.other, 0 * self.other


@operator(torch.gt, torch.greater, torch.Tensor.gt, torch.Tensor.greater, torch.Tensor.__gt__)
class gt(Comparison):
    """Greater than: `a > b`."""

    called = "{input} > {other}"
    forward_words = "1 where a is greater than b, 0 elsewhere."
    forward_math = "y = 1 if a > b, else 0"

    def holds(self) -> Expression:
        return self.input > self.other

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x > 0.5, ROW)
        yield Example("broadcast", lambda x, y: (x > y).float() * x, randn(3, 4), randn(4))
        yield Example("at zero", lambda x: (x > 0) * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: (x > 1e-300) * x, NUMBERS, by_element=True, decides=True)


@operator(torch.ge, torch.greater_equal, torch.Tensor.ge, torch.Tensor.greater_equal, torch.Tensor.__ge__)
class ge(Comparison):
    """Greater or equal: `a >= b`."""

    called = "{input} ≥ {other}"
    forward_words = "1 where a is at least b, 0 elsewhere."
    forward_math = "y = 1 if a ≥ b, else 0"

    def holds(self) -> Expression:
        return self.input >= self.other

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x >= 0.5, ROW)
        yield Example("at zero", lambda x: (x >= 0) * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: (x >= 0.5) * x, NUMBERS, by_element=True, decides=True)


@operator(torch.lt, torch.less, torch.Tensor.lt, torch.Tensor.less, torch.Tensor.__lt__)
class lt(Comparison):
    """Less than: `a < b`."""

    called = "{input} < {other}"
    forward_words = "1 where a is less than b, 0 elsewhere."
    forward_math = "y = 1 if a < b, else 0"

    def holds(self) -> Expression:
        return self.input < self.other

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x < 0.5, ROW)
        yield Example("at zero", lambda x: (x > 0.5) * x + (x < 0) * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: (x < -1e-300) * x, NUMBERS, by_element=True, decides=True)


@operator(torch.le, torch.less_equal, torch.Tensor.le, torch.Tensor.less_equal, torch.Tensor.__le__)
class le(Comparison):
    """Less or equal: `a <= b`."""

    called = "{input} ≤ {other}"
    forward_words = "1 where a is at most b, 0 elsewhere."
    forward_math = "y = 1 if a ≤ b, else 0"

    def holds(self) -> Expression:
        return self.input <= self.other

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x <= 0.5, ROW)
        yield Example("at zero", lambda x: torch.le(x, 0).double() * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: (x <= 1e300) * x, NUMBERS, by_element=True, decides=True)


@operator(torch.eq, torch.Tensor.eq, torch.Tensor.__eq__)
class eq(Comparison):
    """Equal: `a == b`."""

    called = "{input} = {other}"
    forward_words = "1 where the two are equal, 0 elsewhere."
    forward_math = "y = 1 if a = b, else 0"

    def holds(self) -> Expression:
        return equal(self.input, self.other)

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x == 0.5, ROW)
        yield Example("at zero", lambda x: (x == 0) * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: (x == 0) + x, NUMBERS, by_element=True, decides=True)


@operator(torch.ne, torch.not_equal, torch.Tensor.ne, torch.Tensor.not_equal, torch.Tensor.__ne__)
class ne(Comparison):
    """Not equal: `a != b`."""

    called = "{input} ≠ {other}"
    forward_words = "1 where the two differ, 0 elsewhere."
    forward_math = "y = 1 if a ≠ b, else 0"

    def holds(self) -> Expression:
        return unequal(self.input, self.other)

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x != 0.5, ROW)
        yield Example("at zero", lambda x: (x != 0) * x.exp(), BORDERS)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: (x != 0) * x, NUMBERS, by_element=True, decides=True)
