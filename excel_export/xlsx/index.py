"""The index of a workbook: where every tensor lies, written by one sheet and read back by `read_tensors`."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from openpyxl.utils.cell import column_index_from_string

from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import LAST_COLUMN, LAST_ROW

SHEET = "Tensors"
VALUE, GRADIENT, AFTER, AFTER_TRAINING = "value", "gradient", "after one step", "after training"
HEADS = ("tensor", "what", "shape", "sheet", "first cell", "row strides", "column strides")
FIRST_ROW = 5
FIRST_COL = 2
_column = cache(column_index_from_string)
# Ten times what the largest workbook that a spreadsheet program opens with patience has.
MOST_ELEMENTS, MOST_DIMENSIONS = 10_000_000, 32
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBERS = re.compile(r"\((?:([0-9]{1,12}(?:, [0-9]{1,12})*))?\)")


class Entry(NamedTuple):
    """A tensor's key, what it is (one of the words above, or another) and where it lies."""

    key: str
    what: str
    grid: Grid

    @property
    def texts(self) -> tuple[str, ...]:
        """The entry as a row of the index, under HEADS."""
        grid = self.grid
        strides = (_as_text(grid.row_strides), _as_text(grid.col_strides))
        return (self.key, self.what, _as_text(grid.shape), grid.sheet, grid.first.area, *strides)


def entry_of(key: str, what: str, shape: str, sheet: str, first: str, rows: str, cols: str) -> Entry:
    """Make an entry of a row of the index.

    Raises:
        ValueError: the row makes no sense.
    """
    grid = Grid(sheet, *place_of(first), _as_tuple(shape), _as_tuple(rows), _as_tuple(cols))
    if len(grid.shape) > MOST_DIMENSIONS or max(grid.shape, default=0) > MOST_ELEMENTS:
        raise ValueError("too large")
    if not grid.fits:  # unequal lengths are a ValueError
        raise ValueError("outside of the sheet")
    return Entry(key, what, grid)


def place_of(cell: str) -> tuple[int, int]:
    """Return the row and the column of a cell such as 'B3'.

    Raises:
        ValueError: there is no such cell.
    """
    match = _CELL.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    row, col = int(match[2]), _column(match[1])
    if row > LAST_ROW or col > LAST_COLUMN:
        raise ValueError(cell)
    return row, col


def _as_text(numbers: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, numbers))})"


def _as_tuple(text: str) -> tuple[int, ...]:
    numbers = _NUMBERS.fullmatch(text)
    if not numbers:
        raise ValueError(text)
    return tuple(map(int, numbers[1].split(", "))) if numbers[1] else ()
