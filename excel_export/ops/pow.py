"""pow: each element to the power of a constant, as in x ** 2."""

import torch

from excel_export.formulas import ABS, IF, Expression, OperandLike, Tensor, operator, total
from excel_export.ops._elementwise import Elementwise

_SMALLEST = -307
"""The power of ten near the smallest number that a double holds with all its digits."""


@operator(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__)
class pow(Elementwise):
    """A power with a constant exponent, which may be negative or a fraction."""

    exponent: float

    forward_math = "y = xⁿ"
    backward_math = "∂L/∂x = g · n · xⁿ⁻¹"

    def check(self) -> str | None:
        return None if isinstance(self.exponent, (int, float)) else "only a constant exponent is supported"

    def forward(self, y: Tensor) -> OperandLike:
        return _power(self.input, self.exponent)

    def gradient(self, y: Tensor) -> OperandLike:
        if self.exponent == 0:
            return 0 * self.input
        return y.grad * self.exponent * _power(self.input, self.exponent - 1)


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
