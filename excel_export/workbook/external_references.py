"""External references: what in a formula reaches out of its file."""

import re

from excel_export.shared.a1_notation import without_texts

_NAMES = "WEBSERVICE|IMAGE|RTD|CALL|REGISTER\\.ID|SQL\\.REQUEST|DDE|IMPORT[A-Z]*|STOCKHISTORY|CUBE[A-Z]+"
_FUNCTIONS = re.compile(rf"(?<![\w.])(?:_xlfn\.|_xlws\.)*({_NAMES})\s*\(", re.I)
# [1]Sheet!A1, 'C:\[book.xlsx]Sheet'!A1, 'file:///C:/book.ods'#$Sheet.A1
_FILE = re.compile(r"(?<!\w)\[[^\]]+\][^!]*!|'[^']*\[[^\]]*\][^']*'!|file:/+|'#\$", re.I)
_PROGRAM = re.compile(r"\w\|")  # cmd|'/c calc'!A0


def external_reference(formula: str) -> str:
    """What in a formula reaches out of the file: 'WEBSERVICE', 'another file', 'another program', or ''."""
    text = without_texts(formula)
    function = _FUNCTIONS.search(text)
    if function:
        return function[1].upper()
    if _FILE.search(text):
        return "another file"
    return "another program" if _PROGRAM.search(re.sub(r"'[^']*'!", "", text)) else ""
