"""Cells as formulas name them, and what in a formula reaches out of its file."""

from __future__ import annotations

import re

from excel_export.shared.cells import place_of

_FIXED_OR_NOT = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
# What reaches out of the file: functions, another workbook's cells, and programs (DDE).
_REACHES_OUT = re.compile(
    r"\b(WEBSERVICE|RTD|CALL|REGISTER\.ID|SQL\.REQUEST|DDE|IMPORT[A-Z]*)\s*\(|(\[\d+\])|(\w+\|)", re.I
)
_ELSEWHERE = re.compile(r"'[^']*\[[^']*\][^']*'!")
_QUOTED = re.compile(r'"[^"]*"')


def place(cell: str) -> tuple[int, int]:
    """Return the row and the column of a cell such as 'B3' or '$B$3'.

    Raises:
        ValueError: there is no such cell.
    """
    match = _FIXED_OR_NOT.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    return place_of(match[1] + match[2])


def reaches_out(formula: str) -> str:
    """What in a formula reaches out of the file: 'WEBSERVICE', 'another file', 'another program', or ''."""
    match = _REACHES_OUT.search(_QUOTED.sub('""', formula))
    if not match:
        # 'C:\[book.xlsx]Sheet'!A1
        return "another file" if _ELSEWHERE.search(formula) else ""
    return match[1].upper() if match[1] else "another file" if match[2] else "another program"
