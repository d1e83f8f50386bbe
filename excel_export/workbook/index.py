"""The index of a workbook: where every tensor lies, written by one sheet and read back by `read_tensors`."""

import re
from typing import NamedTuple

from excel_export.formulas import Grid
from excel_export.shared.cells import place_of

SHEET = "Tensors"
VALUE, GRADIENT, AFTER, AFTER_TRAINING = "value", "gradient", "after one step", "after training"
HEADS = ("tensor", "what", "shape", "sheet", "first cell", "row strides", "column strides")
FIRST_ROW = 5
FIRST_COL = 2
# Ten times what the largest workbook that a spreadsheet program opens with patience has.
MOST_ELEMENTS, MOST_DIMENSIONS = 10_000_000, 32
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


def _as_text(numbers: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, numbers))})"


def _as_tuple(text: str) -> tuple[int, ...]:
    numbers = _NUMBERS.fullmatch(text)
    if not numbers:
        raise ValueError(text)
    return tuple(map(int, numbers[1].split(", "))) if numbers[1] else ()
