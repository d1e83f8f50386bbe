"""External references: what in a formula reaches out of its file."""

from __future__ import annotations

import re

# What reaches out of the file: functions, another workbook's cells, and programs (DDE).
_REACHES_OUT = re.compile(
    r"\b(WEBSERVICE|RTD|CALL|REGISTER\.ID|SQL\.REQUEST|DDE|IMPORT[A-Z]*)\s*\(|(\[\d+\])|(\w+\|)", re.I
)
_ELSEWHERE = re.compile(r"'[^']*\[[^']*\][^']*'!")
_QUOTED = re.compile(r'"[^"]*"')


def external_reference(formula: str) -> str:
    """What in a formula reaches out of the file: 'WEBSERVICE', 'another file', 'another program', or ''."""
    match = _REACHES_OUT.search(_QUOTED.sub('""', formula))
    if not match:
        # 'C:\[book.xlsx]Sheet'!A1
        return "another file" if _ELSEWHERE.search(formula) else ""
    return match[1].upper() if match[1] else "another file" if match[2] else "another program"
