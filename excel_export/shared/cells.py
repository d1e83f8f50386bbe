"""Names of cells, such as 'B3', and the limits of a sheet."""

import re
from functools import cache

from excel_export.shared.errors import ExportError

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def fits(rows: int, columns: int) -> bool:
    """Tell whether a sheet may have so many rows and columns."""
    return rows <= LAST_ROW and columns <= LAST_COLUMN


def too_large(sheet: str, rows: int, columns: int, largest: str = "") -> ExportError:
    """Make the error of a sheet without room for so many rows and columns; `largest` says what needs most of them."""
    return ExportError(
        f"sheet '{sheet}' would need {rows:,} rows and {columns:,} columns, but Excel has {LAST_ROW:,} and "
        f"{LAST_COLUMN:,}{largest}: export a smaller input, a smaller batch or a part of the network"
    )


@cache
def letters_of(col: int) -> str:
    """Return the name of a column: 'A' for 1, 'AA' for 27."""
    letters = ""
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def name_of(row: int, col: int) -> str:
    """Return the name of a cell, such as 'B3'."""
    return f"{letters_of(col)}{row}"


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


@cache
def _column(letters: str) -> int:
    col = 0
    for letter in letters:
        col = col * 26 + ord(letter) - 64
    return col
