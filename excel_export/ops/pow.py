"""pow: each element to the power of a constant, as in x ** 2."""

from functools import partial

import torch

from excel_export.formulas import Expression, OperandLike, Tensor, operator, total
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, IF
from excel_export.formulas.words import factor, figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW, randn

_SMALLEST = -307
"""The power of ten near the smallest number that a double holds with all its digits."""


@operator(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__)
class pow(Elementwise):
    """A power with a constant exponent, which may be negative or a fraction."""

    exponent: float

    called = "{input}^{exponent}"
    forward_words = "Each number to the same power."
    backward_words = "The slope of xⁿ is n · xⁿ⁻¹, so each gradient is g times that."
    forward_math = "y = xⁿ"
    backward_math = "∂L/∂x = g · n · xⁿ⁻¹"

    def forward_words_here(self, y: Tensor) -> str:
        return f"Each number to the power of {figure(self.exponent)}."

    def forward_math_here(self, y: Tensor) -> str:
        return f"y = x^{factor(self.exponent)}"

    def backward_math_here(self, y: Tensor) -> str:
        return f"∂L/∂x = g · {factor(self.exponent)} · x^{factor(self.exponent - 1)}"

    def check(self) -> str | None:
        return None if isinstance(self.exponent, (int, float)) else "only a constant exponent is supported"

    def forward(self, y: Tensor) -> OperandLike:
        return _power(self.input, self.exponent)

    def gradient(self, y: Tensor) -> OperandLike:
        if self.exponent == 0:
            return 0 * self.input
        return y.grad * self.exponent * _power(self.input, self.exponent - 1)

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x**3, ROW)
        yield Example("square", lambda x: x**2, randn(3, 4))
        yield Example("of a negative", lambda x: -(x**2), randn(3, 4))
        yield Example("three", lambda x: torch.pow(x, 3), BORDERS)
        yield Example("one and zero", lambda x: x**1 + x.pow(0), BORDERS)
        yield Example("negative", lambda x: x**-2, randn(3, 4) + 4)
        yield Example("fraction", lambda x: x**1.5, randn(3, 4).abs())
        yield Example("negative fraction", lambda x: x**-0.5, randn(3, 4).abs() + 0.1)

    @staticmethod
    def extremes() -> Extremes:
        for exponent in (2, 3, 0.5, 1.5, -1, -2, 5, 1e-3):
            yield Extreme(f"{exponent:g}", partial(torch.pow, exponent=exponent), NUMBERS, by_element=True)


def _power(x: Tensor, exponent: float) -> Expression:
    """X to a constant power.

    Small powers are products and quotients: a spreadsheet does not know what 0^0 is, and LibreOffice takes a power
    that is too small for a double, such as 1E-200^2, as an error. Others are 0 from there on.
    """
    if exponent in (1, 2, 3, 4):
        result = x.cells
        for _ in range(int(exponent) - 1):
            result = result * x
        return result
    if exponent in (-1, -2, -3):
        result = 1 / x
        for _ in range(int(-exponent) - 1):
            result = result / x
        return result
    if -1 <= exponent <= 1:
        return total([1]) if exponent == 0 else x**exponent
    last = 10 ** (_SMALLEST / exponent)
    return IF(ABS(x) < last if exponent > 0 else ABS(x) > last, 0, x**exponent)
