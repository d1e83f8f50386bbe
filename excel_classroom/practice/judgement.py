"""The judgement of an answer: one rule, written as formulas into a workbook, and computed by the grader.

A number typed as a cell shows it is right. Cells show four decimals; of small gradients, and of numbers of a thousand
and more, two digits. One percent leaves room for who computes with numbers that are rounded like that. A step changes a
parameter by less than a percent, so of an update only the decimals count. A teacher may choose other limits.

Most functions have an argument `by`, the functions to compute with: `FORMULAS`, whose operands are cells and whose
results are formulas, or `NUMBERS`, whose operands and results are Python's numbers.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from excel_classroom.practice.blanks import Direction
from excel_export.formulas import equal, functions

TWO_DIGITS = 0.055
"""The relative difference within which two digits are right: half of the second digit of 10, and a little."""
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
"""The functions of a spreadsheet: operands are cells, results are formulas."""
NUMBERS = SimpleNamespace(
    ABS=abs, AND=lambda *all_of: all(all_of), EQUAL=lambda one, other: one == other,
    IF=lambda condition, yes, no: yes if condition else no, ISNUMBER=math.isfinite, MAX=max,
    OR=lambda *any_of: any(any_of),
)  # fmt: skip
"""The functions of `FORMULAS`, of Python's numbers."""


@dataclass(frozen=True)
class Tolerance:
    """The distance from the right answer within which a number is right: Tolerance() allows 0.025 at 2.5.

    It is the largest of three limits; see `margin`.
    """

    relative: float = 0.01
    """The relative limit: 0.01 is one percent of the answer. It does not count for an update."""
    absolute: float = 0.0
    """The absolute limit; 0.0 for none."""
    decimals: int = 4
    """The number of decimals that must be right: with 4, a number may be off by 0.00006."""

    def shown(self, roundings: int = 1) -> float:
        """Return the absolute limit after `roundings` roundings to `decimals`: 0.6 units of the last decimal for each.

        Example:
            >>> Tolerance(decimals=2).shown()
            0.006
        """
        return max(self.absolute, round(roundings * 0.6 * 10.0**-self.decimals, self.decimals + 2))


STANDARD = Tolerance()
"""The tolerance unless a teacher chooses another one: one percent, or four decimals."""


def margin(answer: Any, direction: Direction, within: Tolerance = STANDARD, by: SimpleNamespace = NUMBERS) -> Any:
    """Return the largest difference from the answer at which a number is right.

    It is the largest limit of `within`; but two digits, 5.5 % of the answer, from 999.5 on, and for gradients from 1e-9
    up to 0.001. For an update of any size only `absolute` and twice the limit of the decimals count. `direction` is
    'forward', 'backward' or 'update'. With `by` FORMULAS, answer and margin are formulas.

    Example:
        >>> margin(2.5, "forward"), margin(2000.0, "forward"), margin(2000.0, "update")
        (0.025, 110.0, 0.00012)
    """
    if direction == "update":
        return within.shown(2)  # the difference of two numbers
    size = by.ABS(answer)
    is_tiny = [by.AND(size >= ZERO, size < TINY)] if direction == "backward" else []
    usual = by.MAX(within.shown(), within.relative * size)
    return by.IF(by.OR(size >= LARGE, *is_tiny), TWO_DIGITS * size, usual)


def in_words(direction: Direction, within: Tolerance = STANDARD) -> str:
    """Return a sentence for the learner about the tolerance `within` for blanks of a direction.

    Example:
        >>> in_words("forward")
        'A number must be right to 4 decimals or to within 1 %.'
    """
    limits = [f"to {within.decimals} decimals"]
    limits += [f"to within {within.absolute:g}"] if within.absolute > 0 else []
    if direction == "update":
        return f"A number must be right {' or '.join(limits)}, since one step changes little."
    return f"A number must be right {' or '.join([*limits, f'to within {100 * within.relative:g} %'])}."


def state(
    number: Any, right: Any, right_margin: Any, expected: Any, expected_margin: Any, is_empty: Any, empty_before: Any,
    plain_before: Any, *, by: SimpleNamespace = NUMBERS,
) -> Any:  # fmt: skip
    """Return the state of a blank: 'right', 'given' (right from the student's earlier numbers), 'wrong' or 'empty'.

    Args:
        number: the number in the blank.
        right: the right number.
        right_margin: the largest difference from it.
        expected: the number that follows from the student's own earlier numbers.
        expected_margin: the largest difference from that.
        is_empty: 1 if nothing is typed into the blank, else 0.
        empty_before: the number of empty blanks on which it depends; from 1 on, 'given' becomes 'wrong'.
        plain_before: the number of blanks on which it depends that hold a wrong 0, 1 or −1; from 1 on, 'given' becomes
            'wrong' for a 0, 1 or −1.
        by: NUMBERS computes with Python's numbers, of which NaN is no number; FORMULAS returns a formula.

    Example:
        >>> state(0.51, 0.70, 0.01, 0.51, 0.01, is_empty=0, empty_before=0, plain_before=0)
        'given'
    """

    def near(answer: Any, within: Any, otherwise: Any, yes: str) -> Any:
        return by.IF(by.ISNUMBER(answer), by.IF(by.ABS(number - answer) <= within, yes, otherwise), WRONG)

    # With an empty cell before it, a 0 would be right for the wrong reason; and who types 1 everywhere found nothing.
    from_nothing = by.AND(is_plain(number, by), plain_before > 0)
    follows = by.IF(from_nothing, WRONG, near(expected, expected_margin, WRONG, RIGHT_GIVEN))
    upstream = by.IF(empty_before > 0, WRONG, follows)
    filled = by.IF(by.ISNUMBER(number), near(right, right_margin, upstream, RIGHT), WRONG)
    return by.IF(by.EQUAL(is_empty, 1), IS_EMPTY, filled)


def is_plain(number: Any, by: SimpleNamespace = NUMBERS) -> Any:
    """Return whether a number is within 1e-9 of 0, 1 or −1, which are guessed easily; a formula with `by` FORMULAS."""
    return by.OR(by.ABS(number) < ZERO, by.ABS(by.ABS(number) - 1) < ZERO)


def is_right(number: float, answer: float, direction: Direction, within: Tolerance = STANDARD) -> bool:
    """Return whether a number is near enough to the answer; `within` is the tolerance, `direction` that of the blank.

    Example:
        >>> is_right(2.52, 2.5, "forward"), is_right(2.53, 2.5, "forward")
        (True, False)
    """
    return bool(abs(number - answer) <= margin(answer, direction, within))
