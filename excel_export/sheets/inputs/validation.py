"""What a learner may type into a cell, and what is used where something else stands there.

A rule and its alert keep a person from typing it. But a cell can be emptied, and what is pasted passes every rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas.expression import Expression, Operand, OperandLike, as_expression, equal, joined
from excel_export.formulas.functions import AND, IF, INT, ISNUMBER, MATCH, MAX, MIN, OR
from excel_export.formulas.reference import Reference
from excel_export.xlsx.canvas import Canvas

LARGEST = 1_000_000
"""How far from zero a number may be; with larger ones, a step would soon leave what a spreadsheet can hold."""
REFUSED = "red is not allowed: what stood there at first is used"

Allowed = Operand | Sequence[object] | None
"""A range of which a cell holds one item, some words and numbers, or None for any number."""


def allow(canvas: Canvas, cells: Reference, allowed: Allowed, values: Sequence[float | str]) -> None:
    """Give cells their rule and their alert; `values` stand in them at first."""
    alert = f"{asked(allowed, values)}, please."
    if allowed is None:
        most = _largest(values)
        canvas.allow_numbers(cells, -most, most, "A number", alert)
    else:
        canvas.allow_list(cells, allowed, alert)


def asked(allowed: Allowed, values: Sequence[float | str] = ()) -> str:
    """Say what is allowed."""
    if allowed is None:
        return f"A number from {-_largest(values):,} to {_largest(values):,}"
    if isinstance(allowed, Operand):
        return "One of the list"
    ends = _ends(allowed)
    if not ends:
        return "One of the list"
    words = [f" or '{item}'" for item in allowed if isinstance(item, str)]
    first, last = ends
    # Short enough to be read beside its cell.
    numbers = f"{first}, {first + 1}, … {last}" if words else f"A whole number from {first} to {last}"
    return numbers + "".join(words)


def refused(cell: Operand, allowed: Allowed, values: Sequence[float | str]) -> Expression:
    """1 where a cell holds what is not allowed, else 0; `values` stand in such cells at first."""
    if allowed is None:
        return refused_number(cell, -_largest(values), _largest(values))
    if isinstance(allowed, Operand):
        return IF(ISNUMBER(MATCH(cell, allowed, 0)), 0, 1)
    ends = _ends(allowed)
    listed = [item for item in allowed if not (ends and isinstance(item, int))]
    as_item = IF(OR(*(equal(cell, _literal(item)) for item in listed)), 0, 1) if listed else as_expression(1)
    if not ends:
        return as_item
    as_number = refused_number(cell, *ends, whole=True)
    # A number equals no word.
    return IF(ISNUMBER(cell), as_number, as_item) if listed else as_number


def refused_number(cell: Operand, lowest: OperandLike, highest: OperandLike, *, whole: bool = False) -> Expression:
    """1 where a cell holds no number, or no whole one, from the lowest to the highest, else 0."""
    # Of a text there is no INT: it is asked for where there is a number.
    is_whole = (equal(cell, INT(cell)),) if whole else ()
    return IF(ISNUMBER(cell), IF(AND(cell >= lowest, cell <= highest, *is_whole), 0, 1), 1)


def nearest(cell: Reference, values: Sequence[float]) -> Expression:
    """The nearest number that is allowed; where there is no number, the first of the values that stand there."""
    most = _largest(values)
    return IF(ISNUMBER(cell), MAX(-most, MIN(most, cell)), values[0])


def place(cell: Reference, allowed: Reference, first: int) -> Expression:
    """Which item of a range a cell names, by the item itself or by its place from 1 on; `first` where neither."""
    found = MATCH(cell, allowed, 0)
    is_place = equal(refused_number(cell, 1, allowed.size, whole=True), 0)
    return IF(ISNUMBER(found), found, IF(is_place, cell, first))


def said(flag: Operand, otherwise: OperandLike, what: str, used: Operand) -> Expression:
    """Say that something else is used than what was typed, where it is so."""
    return IF(equal(flag, 1), joined(f"{what}, please; until then it is ", used), otherwise)


def _ends(allowed: Sequence[object]) -> tuple[int, int] | None:
    """The first and the last of the allowed numbers, where these are whole and follow each other."""
    numbers = [item for item in allowed if not isinstance(item, str)]
    if not numbers or not isinstance(numbers[0], int):
        return None
    first = numbers[0]
    if numbers != [*range(first, first + len(numbers))]:
        return None
    return first, first + len(numbers) - 1


def _literal(item: object) -> float | str:
    return item if isinstance(item, (int, float)) else str(item)


def _largest(values: Sequence[float | str]) -> float:
    return max(LARGEST, *(abs(value) for value in values if not isinstance(value, str)), 0)
