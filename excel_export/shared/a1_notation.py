"""References as formulas write them, in A1 notation: a cell, a rectangle, whole columns and rows, on any sheet.

Formulas of others are taken apart by regular expressions, not by a library: this runs in processes that start for one
file each, and must start fast.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from excel_export.shared.cells import LAST_COLUMN, LAST_ROW, name_of, place_of

Place = tuple[str, int, int]
"""A cell: its sheet, its row, its column."""
_FIXED_OR_NOT = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
_PIECES = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'""")
_SHEET = r"(?:('(?:[^']|'')+'|[^\W\d][\w.]*)!)?"
CELLS = re.compile(rf"{_SHEET}(\$?[A-Z]{{1,3}}\$?\d+)(?::(\$?[A-Z]{{1,3}}\$?\d+))?(?![\w(])", re.I)
_COLUMNS = re.compile(rf"{_SHEET}\$?([A-Z]{{1,3}}):\$?([A-Z]{{1,3}})(?![\w(])", re.I)
_ROWS = re.compile(rf"{_SHEET}\$?(\d+):\$?(\d+)(?!\w)")


class Area(NamedTuple):
    """A rectangle of cells."""

    sheet: str
    first_row: int
    first_col: int
    last_row: int
    last_col: int

    @property
    def name(self) -> str:
        """Without the sheet, such as 'B3:B5', or 'B3' if it is one cell."""
        first, last = name_of(self.first_row, self.first_col), name_of(self.last_row, self.last_col)
        return first if first == last else f"{first}:{last}"

    @property
    def size(self) -> int:
        """How many cells it has."""
        return (self.last_row - self.first_row + 1) * (self.last_col - self.first_col + 1)


def place(cell: str) -> tuple[int, int]:
    """Return the row and the column of a cell such as 'B3' or '$B$3'.

    Raises:
        ValueError: there is no such cell.
    """
    match = _FIXED_OR_NOT.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    return place_of(match[1] + match[2])


def rectangles(cells: Collection[Place]) -> list[Area]:
    """Put cells together that stand side by side; each is in one rectangle."""
    found, left = [], set(cells)
    for at in sorted(left):
        if at not in left:
            continue
        sheet, row, col = at
        last_row, last_col = row, col
        while (sheet, last_row + 1, col) in left:
            last_row += 1
        while all((sheet, each, last_col + 1) in left for each in range(row, last_row + 1)):
            last_col += 1
        left -= {(sheet, r, c) for r in range(row, last_row + 1) for c in range(col, last_col + 1)}
        found.append(Area(sheet, row, col, last_row, last_col))
    return found


def without_texts(formula: str) -> str:
    """A formula whose texts are empty; the names of sheets, which may hold quotation marks, are as they were."""
    return _PIECES.sub(lambda match: '""' if match[0][0] == '"' else match[0], formula)


def areas(formula: str, sheet: str) -> Iterator[Area]:
    """Yield what a formula on a sheet reads."""
    text = without_texts(formula)
    for name, first, last in CELLS.findall(text):
        try:
            one, other = place(first.upper()), place((last or first).upper())
        except ValueError:
            continue
        rows, cols = sorted((one[0], other[0])), sorted((one[1], other[1]))
        yield Area(_sheet(name) or sheet, rows[0], cols[0], rows[1], cols[1])
    for name, first, last in _COLUMNS.findall(text):
        try:
            low, high = sorted((place(f"{first.upper()}1")[1], place(f"{last.upper()}1")[1]))
        except ValueError:
            continue
        yield Area(_sheet(name) or sheet, 1, low, LAST_ROW, high)
    for name, first, last in _ROWS.findall(text):
        low, high = sorted((min(int(first[:8]), LAST_ROW), min(int(last[:8]), LAST_ROW)))
        yield Area(_sheet(name) or sheet, low, 1, high, LAST_COLUMN)


def _sheet(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name
