"""When a number counts as right: the same rule for the marks in a workbook and for the grader.

A number typed as a cell shows it is right. Cells show four decimals; of small gradients, and of numbers of a thousand
and more, two digits. One percent leaves room for who computes with numbers that are rounded like that. A step changes a
parameter by less than a percent, so of an update only the decimals count.
"""

from __future__ import annotations

from excel_export.formulas.expression import Expression, Operand, as_expression
from excel_export.formulas.functions import ABS, AND, IF, MAX, OR
from excel_export.practice.blanks import Direction

LAST_DECIMAL = 0.00006
"""Half of the last decimal shown, and a little."""
TWO_ROUNDED = 0.00012
"""The same for the difference of two numbers."""
ROUNDED = 0.01
TWO_DIGITS = 0.055
"""Relative: half of the second digit, and a little."""
TINY, LARGE = 0.001, 999.5
"""From where on two digits are shown."""
ZERO = 1e-9
"""What is smaller is 0."""


def tolerance(answer: float, direction: Direction) -> float:
    """Return how far from the answer a number may be."""
    if direction == "update":
        return TWO_ROUNDED
    size = abs(answer)
    if size >= LARGE or (direction == "backward" and ZERO <= size < TINY):
        return TWO_DIGITS * size
    return max(LAST_DECIMAL, ROUNDED * size)


def is_right(number: float, answer: float, direction: Direction) -> bool:
    """Tell whether a number is near enough to the answer."""
    return abs(number - answer) <= tolerance(answer, direction)


def tolerance_formula(answer: Operand, direction: Direction) -> Expression:
    """The same rule as a formula."""
    if direction == "update":
        return as_expression(TWO_ROUNDED)
    size = ABS(answer)
    is_tiny = [AND(size >= ZERO, size < TINY)] if direction == "backward" else []
    return IF(OR(size >= LARGE, *is_tiny), TWO_DIGITS * size, MAX(LAST_DECIMAL, ROUNDED * size))
