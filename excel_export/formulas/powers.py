"""Powers, also where a spreadsheet gives an error or another number than PyTorch: of 0 and of negative numbers, and
results too small for a double.
"""

from __future__ import annotations

import math

from excel_export.formulas.expression import Expression, Operand, as_expression, equal, total, unequal
from excel_export.formulas.functions import ABS, AND, IF, INT, LN, NA

_SMALLEST = -307
"""The power of ten near the smallest number that a double holds with all its digits."""
_SMALLEST_LN = _SMALLEST * math.log(10)


def power(x: Operand, exponent: float) -> Expression:
    """Return x to a constant power: 1 for 0, 1/x/x for −2, x^0.5 for 0.5, IF(ABS(x)<2E-31,0,x^10) for 10.

    Whole powers from −3 to 4 are products and quotients: a spreadsheet does not know what 0^0 is, and LibreOffice takes
    a power that is too small for a double, such as 1E-200^2, as an error. Where others would be so small, they are 0.
    An odd root, x^(1/3), of a number below 0 is NA(), as PyTorch has none.
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
    if exponent == 0:
        return total([1])
    if _is_odd_root(exponent):  # of a negative number a spreadsheet takes it, and PyTorch does not
        return IF(x < 0, NA(), x**exponent)
    if -1 <= exponent <= 1:
        return x**exponent
    last = 10 ** (_SMALLEST / exponent)
    return IF(ABS(x) < last if exponent > 0 else ABS(x) > last, 0, x**exponent)


def _is_odd_root(exponent: float) -> bool:
    root = round(1 / exponent)
    return root % 2 == 1 and abs(root) > 1 and math.isclose(1 / exponent, root)


def power_of_number(base: float, exponent: Operand) -> Expression:
    """Return a number to the power of each element, 2^B3; of a negative number, PyTorch knows whole powers only."""
    if base == 1:
        return total([1])
    if base == 0:  # to a negative power, it is infinite
        return IF(exponent > 0, 0, IF(equal(exponent, 0), 1, LN(exponent)))
    power = as_expression(base) ** exponent
    if base < 0:
        power = IF(unequal(exponent, INT(exponent)), NA(), power)
    if base == -1:
        return power
    last = _SMALLEST_LN / math.log(abs(base))
    return IF(exponent < last if abs(base) > 1 else exponent > last, 0, power)


def power_of_two(base: Operand, exponent: Operand) -> Expression:
    """Return each element to the power of another, B3^C3; 1 where the exponent is 0."""
    is_small = IF(equal(base, 0), exponent > 0, exponent * LN(ABS(base)) < _SMALLEST_LN)
    is_root = AND(base < 0, unequal(exponent, INT(exponent)))
    return IF(equal(exponent, 0), 1, IF(is_small, 0, IF(is_root, NA(), base**exponent)))
