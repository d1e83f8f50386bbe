"""Names of cells, such as 'B3', and the limits of a sheet."""

import re
from functools import cache

from excel_export.shared.errors import ExportError

LAST_ROW = 1_048_576
"""The number of rows of a sheet, in Excel and LibreOffice."""
LAST_COLUMN = 16_384
"""The number of columns of a sheet: the last one is XFD."""
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def fits(rows: int, columns: int) -> bool:
    """Return whether a sheet has this many rows and columns: at most 1,048,576 and 16,384."""
    return rows <= LAST_ROW and columns <= LAST_COLUMN


def too_large(sheet: str, rows: int, columns: int, largest: str = "") -> ExportError:
    """Return an error to be raised: "sheet 'Network' would need 2,000,000 rows and 5 columns, but Excel has …".

    Args:
        sheet: the sheet's name.
        rows: the number of rows that it would need.
        columns: the number of columns that it would need.
        largest: a clause, put after the limits, that names the largest tensor, '; the largest is w'; '' for none.
    """
    return ExportError(
        f"sheet '{sheet}' would need {rows:,} rows and {columns:,} columns, but Excel has {LAST_ROW:,} and "
        f"{LAST_COLUMN:,}{largest}: export a smaller input, a smaller batch or a part of the network"
    )


@cache
def letters_of(col: int) -> str:
    """Return the letters of a column, which counts from 1.

    Example:
        >>> letters_of(1), letters_of(27)
        ('A', 'AA')
    """
    letters = ""
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def name_of(row: int, col: int) -> str:
    """Return the address of a cell; row and column count from 1.

    Example:
        >>> name_of(3, 2)
        'B3'
    """
    return f"{letters_of(col)}{row}"


def place_of(cell: str) -> tuple[int, int]:
    """Return the row and the column, from 1 on, of a cell such as 'B3'.

    Raises:
        ValueError: the text is no cell of a sheet.

    Example:
        >>> place_of("B3")
        (3, 2)
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
