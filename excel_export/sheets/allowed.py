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
"""A range of which a cell holds one item, some words and whole numbers that follow each other, or None for any
number."""


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
    words, numbers = _parts(allowed)
    if not numbers:
        return "One of the list"
    said = [f"a whole number from {numbers[0]} to {numbers[-1]}", *(f"'{word}'" for word in words)]
    together = " or ".join(said)
    return together[0].upper() + together[1:]


def refused(cell: Reference, allowed: Allowed, values: Sequence[float | str]) -> Expression:
    """1 where a cell holds what is not allowed, else 0; `values` stand in such cells at first."""
    if allowed is None:
        return refused_number(cell, -_largest(values), _largest(values))
    if isinstance(allowed, Operand):
        return IF(ISNUMBER(MATCH(cell, allowed, 0)), 0, 1)
    words, numbers = _parts(allowed)
    as_word = IF(OR(*(equal(cell, word) for word in words)), 0, 1) if words else 1
    as_number = refused_number(cell, numbers[0], numbers[-1], whole=True) if numbers else as_word
    # A number equals no word.
    return IF(ISNUMBER(cell), as_number, as_word) if words else as_number


def refused_number(cell: Operand, lowest: OperandLike, highest: OperandLike, *, whole: bool = False) -> Expression:
    """1 where a cell holds no number, or no whole one, from the lowest to the highest, else 0."""
    # Of a text there is no INT: it is asked for where there is a number.
    is_whole = (equal(cell, INT(cell)),) if whole else ()
    return IF(ISNUMBER(cell), IF(AND(cell >= lowest, cell <= highest, *is_whole), 0, 1), 1)


def place(cell: Reference, allowed: Reference, first: int) -> Expression:
    """Which item of a range a cell names, by the item itself or by its place from 1 on; `first` where neither."""
    found = MATCH(cell, allowed, 0)
    is_place = equal(refused_number(cell, 1, allowed.size, whole=True), 0)
    return IF(ISNUMBER(found), found, IF(is_place, cell, first))


def said(flag: Operand, otherwise: OperandLike, what: str, used: Operand) -> Expression:
    """Say that something else is used than what was typed, where it is so."""
    return IF(equal(flag, 1), joined(f"{what}, please; until then it is ", used), otherwise)


def _parts(allowed: Sequence[object]) -> tuple[list[str], list[int]]:
    """The words among the allowed, and the whole numbers; other numbers count as words."""
    numbers = [item for item in allowed if isinstance(item, int)]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        numbers = []
    return [str(item) for item in allowed if not (numbers and isinstance(item, int))], numbers


def _largest(values: Sequence[float | str]) -> float:
    return max(LARGEST, *(abs(value) for value in values if not isinstance(value, str)), 0)
