"""What a learner may type into a cell, and what is used where something else stands there.

A rule and its alert keep a person from typing it. But a cell can be emptied, and what is pasted passes every rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas.expression import Expression, Operand, OperandLike, equal, joined
from excel_export.formulas.functions import AND, IF, INT, ISNUMBER, MATCH, OR
from excel_export.formulas.reference import Reference
from excel_export.xlsx.canvas import Canvas

LARGEST = 1_000_000
"""How far from zero a number may be; with larger ones, a step would soon leave what a spreadsheet can hold."""
REFUSED = "red is not allowed: what stood there at first is used"

Allowed = Operand | Sequence[object] | None
"""A range of which a cell holds one item, a few words or whole numbers, or None for any number."""


def allow(canvas: Canvas, cells: Reference, allowed: Allowed, values: Sequence[float | str]) -> None:
    """Give cells their rule and their alert; `values` stand in them at first."""
    if allowed is None:
        most = _largest(values)
        canvas.allow_numbers(cells, -most, most, "A number", f"A number from {-most:,} to {most:,}, please.")
    else:
        ends = _whole_numbers(allowed)
        choose = f"A whole number from {ends[0]} to {ends[1]}" if ends else "One of the list"
        canvas.allow_list(cells, allowed, f"{choose}, please.")


def refused(cell: Reference, allowed: Allowed, values: Sequence[float | str]) -> Expression:
    """1 where a cell holds what is not allowed, else 0; `values` stand in such cells at first."""
    if allowed is None:
        return refused_number(cell, -_largest(values), _largest(values))
    if isinstance(allowed, Operand):
        return IF(ISNUMBER(MATCH(cell, allowed, 0)), 0, 1)
    ends = _whole_numbers(allowed)
    if ends:
        # Of a text there is no INT: it is asked for where there is a number.
        return IF(ISNUMBER(cell), IF(AND(cell >= ends[0], cell <= ends[1], equal(cell, INT(cell))), 0, 1), 1)
    return IF(OR(*(equal(cell, str(word)) for word in allowed)), 0, 1)


def refused_number(cell: Reference, lowest: float, highest: float) -> Expression:
    """1 where a cell holds no number from the lowest to the highest, else 0."""
    return IF(ISNUMBER(cell), IF(AND(cell >= lowest, cell <= highest), 0, 1), 1)


def said(flag: Operand, otherwise: OperandLike, what: str, used: Operand) -> Expression:
    """Say that something else is used than what was typed, where it is so."""
    return IF(equal(flag, 1), joined(f"{what}, please; until then it is ", used), otherwise)


def _whole_numbers(allowed: Allowed) -> tuple[int, int] | None:
    """The first and the last where the allowed are whole numbers that follow each other."""
    if allowed is None or isinstance(allowed, Operand):
        return None
    numbers = [item for item in allowed if isinstance(item, int)]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(allowed))):
        return None
    return numbers[0], numbers[-1]


def _largest(values: Sequence[float | str]) -> float:
    return max(LARGEST, *(abs(value) for value in values if not isinstance(value, str)), 0)
