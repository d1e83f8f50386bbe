"""floor, ceil, trunc and round: whole numbers near each number, and frac, what trunc leaves over."""

import torch

from excel_export.formulas import Expression, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.expression import as_expression
from excel_export.formulas.functions import IF, INT, TRUNC
from excel_export.formulas.words import counted
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn

_HALVES = torch.tensor([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], [-2.0, -0.2, 0.0, 0.7, 1.2, 3.0]])
# To a spreadsheet, a number that is whole in its first 15 digits is whole.
_NUMBERS = NUMBERS[(NUMBERS - 1).abs() != 2.0**-53]
_WHOLE = torch.tensor([-3, 0, 5])


class _Step(Elementwise):
    """A function that jumps from one whole number to the next."""

    backward_words = "Between its jumps the result stays as it is, whatever the nudge: the slope is 0, so is the gain."
    backward_math = "∂L/∂x = 0: nudging it leaves y as it is"

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * self.input


@operator(torch.floor, torch.Tensor.floor)
class floor(_Step):
    """The largest whole number that is not above the element."""

    forward_words = "Rounded down to a whole number: 1.7 becomes 1, −1.2 becomes −2."
    forward_math = "y = ⌊x⌋"

    def forward(self, y: Tensor) -> OperandLike:
        return INT(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.floor, ROW * 1.5)
        yield Example("halves", lambda x: x.floor() * x, _HALVES)
        yield Example("of whole numbers", lambda x: x.floor() * 1.5, _WHOLE)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.floor, _NUMBERS, by_element=True, decides=True)


@operator(torch.ceil, torch.Tensor.ceil)
class ceil(_Step):
    """The smallest whole number that is not below the element."""

    forward_words = "Rounded up to a whole number: 1.2 becomes 2, −1.7 becomes −1."
    forward_math = "y = ⌈x⌉"

    def forward(self, y: Tensor) -> OperandLike:
        return -INT(-self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.ceil, ROW * 1.5)
        yield Example("halves", lambda x: x.ceil() * x, _HALVES)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.ceil, _NUMBERS, by_element=True, decides=True)


@operator(torch.trunc, torch.fix, torch.Tensor.trunc, torch.Tensor.fix)
class trunc(_Step):
    """What stands before the point."""

    forward_words = "What stands behind the point is cut off: 1.7 becomes 1, −1.7 becomes −1."
    forward_math = "y = x, cut off at the point"

    def forward(self, y: Tensor) -> OperandLike:
        return TRUNC(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.trunc, ROW * 1.5)
        yield Example("halves", lambda x: x.trunc() * x, _HALVES)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.trunc, _NUMBERS, by_element=True, decides=True)


@operator(torch.frac, torch.Tensor.frac)
class frac(Elementwise):
    """What stands behind the point."""

    forward_words = "What stands behind the point, with the sign of the number: 1.7 becomes 0.7, −1.7 becomes −0.7."
    backward_words = "Between the jumps the result moves as the number does: the slope is 1, the gradient passes."
    forward_math = "y = x − trunc(x)"
    backward_math = "∂L/∂x = g"

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - TRUNC(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.frac, ROW * 1.5)
        yield Example("halves", lambda x: x.frac(), _HALVES)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.frac, _NUMBERS, by_element=True, decides=True)


@operator(torch.round, torch.Tensor.round, torch.special.round)
class round(_Step):
    """The nearest whole number, or the nearest with `decimals`; halfway the even one, unlike Excel's ROUND."""

    decimals: int = 0

    forward_words = "Rounded to the nearest whole number; halfway between two, to the even one: 2.5 becomes 2."
    forward_math = "y = the whole number next to x, halfway the even one"

    def forward_words_here(self, y: Tensor) -> str:
        if not self.decimals:
            return self.forward_words
        where = counted(self.decimals, "digit") + " behind the point" if self.decimals > 0 else f"10^{-self.decimals}"
        return f"Rounded to {where}; halfway between two, to the even one."

    def forward_math_here(self, y: Tensor) -> str:
        return self.forward_math if not self.decimals else "y = the rounded number next to x, halfway the even one"

    def forward(self, y: Tensor) -> OperandLike:
        if self.decimals > 0:
            return _nearest(self.input * float(10**self.decimals)) / float(10**self.decimals)
        if self.decimals < 0:
            return _nearest(self.input / float(10**-self.decimals)) * float(10**-self.decimals)
        return _nearest(self.input.cells)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.round, ROW * 1.5)
        yield Example("halves", lambda x: x.round() * x, _HALVES)
        yield Example("decimals", lambda x: torch.round(x, decimals=2) * x, randn(3, 4))
        yield Example("halves of decimals", lambda x: x.round(decimals=1), torch.tensor([0.25, 0.75, -0.25, 0.35]))
        yield Example("tens", lambda x: torch.round(x, decimals=-1), torch.tensor([[15.0, 25.0, -4.0, 7.0, -35.0]]))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.round, _NUMBERS, by_element=True, decides=True)


def _nearest(x: Expression) -> Expression:
    """The nearest whole number, halfway the even one."""
    below = INT(x)
    over = x - below
    is_odd = below - 2 * INT(below / 2)
    return as_expression(below + IF(over < 0.5, 0, IF(over > 0.5, 1, is_odd)))
