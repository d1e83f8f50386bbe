"""The judgement of an answer: one rule, which the marks in a workbook write as formulas, and the grader computes.

A number typed as a cell shows it is right. Cells show four decimals; of small gradients, and of numbers of a thousand
and more, two digits. One percent leaves room for who computes with numbers that are rounded like that. A step changes a
parameter by less than a percent, so of an update only the decimals count. A teacher may choose other limits.

Each function is told by which functions to compute: those of a spreadsheet, whose operands are cells and whose result
is a formula, or those of `NUMBERS`, whose operands and results are Python's.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from excel_classroom.practice.blanks import Direction
from excel_export.formulas import equal, functions

TWO_DIGITS = 0.055
"""Relative: half of the second digit, and a little."""
TINY = 0.001
"""Below this size, cells show two digits of a gradient."""
LARGE = 999.5
"""From this size on, cells show no decimals, and two digits count."""
ZERO = 1e-9
"""Below this size, a number is taken as 0."""

RIGHT = "right"
"""The state of a blank that holds the right number."""
RIGHT_GIVEN = "given"
"""The state of a blank whose number is wrong, but follows from the student's own earlier numbers."""
WRONG = "wrong"
"""The state of a blank that holds another number, or none that can be read."""
IS_EMPTY = "empty"
"""The state of a blank in which nothing is typed."""

FORMULAS = SimpleNamespace(
    ABS=functions.ABS, AND=functions.AND, EQUAL=equal, IF=functions.IF, ISNUMBER=functions.ISNUMBER,
    MAX=functions.MAX, OR=functions.OR,
)  # fmt: skip
NUMBERS = SimpleNamespace(
    ABS=abs, AND=lambda *all_of: all(all_of), EQUAL=lambda one, other: one == other,
    IF=lambda condition, yes, no: yes if condition else no, ISNUMBER=math.isfinite, MAX=max,
    OR=lambda *any_of: any(any_of),
)  # fmt: skip


@dataclass(frozen=True)
class Tolerance:
    """How far from the answer a number may be; whatever is less far by one of these is right."""

    relative: float = 0.01
    """In proportion to the answer; not of an update."""
    absolute: float = 0.0
    decimals: int = 4
    """So many decimals must be right."""

    def shown(self, roundings: int = 1) -> float:
        """Half of the last decimal, and a little; or so often as numbers were rounded."""
        return max(self.absolute, round(roundings * 0.6 * 10.0**-self.decimals, self.decimals + 2))


STANDARD = Tolerance()


def margin(answer: Any, direction: Direction, within: Tolerance = STANDARD, by: SimpleNamespace = NUMBERS) -> Any:
    """How far from the answer a number may be."""
    if direction == "update":
        return within.shown(2)  # the difference of two numbers
    size = by.ABS(answer)
    is_tiny = [by.AND(size >= ZERO, size < TINY)] if direction == "backward" else []
    usual = by.MAX(within.shown(), within.relative * size)
    return by.IF(by.OR(size >= LARGE, *is_tiny), TWO_DIGITS * size, usual)


def in_words(direction: Direction, within: Tolerance = STANDARD) -> str:
    """How near a number must be, for who types one."""
    limits = [f"to {within.decimals} decimals"]
    limits += [f"to within {within.absolute:g}"] if within.absolute > 0 else []
    if direction == "update":
        return f"A number must be right {' or '.join(limits)}, since one step changes little."
    return f"A number must be right {' or '.join([*limits, f'to within {100 * within.relative:g} %'])}."


def state(
    number: Any, right: Any, right_margin: Any, given: Any, given_margin: Any, is_empty: Any, empty_before: Any,
    plain_before: Any, *, by: SimpleNamespace = NUMBERS,
) -> Any:  # fmt: skip
    """How a blank is filled.

    Args:
        number: what stands in it.
        right: the right number.
        right_margin: how far from it one may be.
        given: what is right from the numbers before it.
        given_margin: how far from that one may be.
        is_empty: 1 where nothing stands in it, else 0.
        empty_before: how many blanks that it depends on are empty.
        plain_before: how many of them hold a plain number that is wrong.
        by: the functions; a Python number that is none is NaN.
    """

    def near(answer: Any, within: Any, otherwise: Any, yes: str) -> Any:
        return by.IF(by.ISNUMBER(answer), by.IF(by.ABS(number - answer) <= within, yes, otherwise), WRONG)

    # With an empty cell before it, a 0 would be right for the wrong reason; and who types 1 everywhere found nothing.
    from_nothing = by.AND(is_plain(number, by), plain_before > 0)
    follows = by.IF(from_nothing, WRONG, near(given, given_margin, WRONG, RIGHT_GIVEN))
    upstream = by.IF(empty_before > 0, WRONG, follows)
    filled = by.IF(by.ISNUMBER(number), near(right, right_margin, upstream, RIGHT), WRONG)
    return by.IF(by.EQUAL(is_empty, 1), IS_EMPTY, filled)


def is_plain(number: Any, by: SimpleNamespace = NUMBERS) -> Any:
    """Whether a number is 0, 1 or −1, which are so easily guessed."""
    return by.OR(by.ABS(number) < ZERO, by.ABS(by.ABS(number) - 1) < ZERO)


def is_right(number: float, answer: float, direction: Direction, within: Tolerance = STANDARD) -> bool:
    """Tell whether a number is near enough to the answer."""
    return bool(abs(number - answer) <= margin(answer, direction, within))
