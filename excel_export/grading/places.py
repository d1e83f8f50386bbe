"""Names of cells, and what in a formula reaches out of its file. Written once more here, without PyTorch."""

from __future__ import annotations

import re

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
# What reaches out of the file: functions, another workbook's cells, and programs (DDE).
_REACHES_OUT = re.compile(
    r"\b(WEBSERVICE|RTD|CALL|REGISTER\.ID|SQL\.REQUEST|DDE|IMPORT[A-Z]*)\s*\(|(\[\d+\])|(\w+\|)", re.I
)
_ELSEWHERE = re.compile(r"'[^']*\[[^']*\][^']*'!")
_QUOTED = re.compile(r'"[^"]*"')


def place(cell: str) -> tuple[int, int]:
    """Return the row and the column of a cell such as 'B3'.

    Raises:
        ValueError: there is no such cell.
    """
    match = _CELL.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    col = 0
    for letter in match[1]:
        col = col * 26 + ord(letter) - 64
    row = int(match[2])
    if row > MOST_ROWS or col > MOST_COLUMNS:
        raise ValueError(cell)
    return row, col


def name_of(row: int, col: int) -> str:
    """Return the name of a cell, such as 'B3'."""
    letters = ""
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def reaches_out(formula: str) -> str:
    """What in a formula reaches out of the file: 'WEBSERVICE', 'another file', 'another program', or ''."""
    match = _REACHES_OUT.search(_QUOTED.sub('""', formula))
    if not match:
        # 'C:\[book.xlsx]Sheet'!A1
        return "another file" if _ELSEWHERE.search(formula) else ""
    return match[1].upper() if match[1] else "another file" if match[2] else "another program"
