"""The spreadsheet functions that formulas use, by the names that a reader of a workbook meets.

Every engine that the tests know agrees on them; none is an array function, is volatile, or is newer than Excel 2007.
"""

from __future__ import annotations

from excel_export.formulas.expression import Expression, OperandLike, call
from excel_export.formulas.reference import Reference, quoted


class _Function:
    """A function by its name; called, it gives an expression."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: OperandLike) -> Expression:
        return call(self.name, *arguments)


ABS, SIGN, INT, TRUNC, ROUND, MOD = map(_Function, ("ABS", "SIGN", "INT", "TRUNC", "ROUND", "MOD"))
EXP, LN, SQRT, TANH, NORMSDIST = map(_Function, ("EXP", "LN", "SQRT", "TANH", "NORMSDIST"))
SUM, AVERAGE, MAX, MIN, SUMPRODUCT = map(_Function, ("SUM", "AVERAGE", "MAX", "MIN", "SUMPRODUCT"))
IF, AND, OR, COUNT, COUNTIF, ISNUMBER = map(_Function, ("IF", "AND", "OR", "COUNT", "COUNTIF", "ISNUMBER"))
INDEX, MATCH, CHOOSE, ADDRESS, SEARCH = map(_Function, ("INDEX", "MATCH", "CHOOSE", "ADDRESS", "SEARCH"))
TEXT, MID, HYPERLINK = map(_Function, ("TEXT", "MID", "HYPERLINK"))


def link(target: Reference, text: OperandLike) -> Expression:
    """A link to a cell of the workbook, which shows the text."""
    return HYPERLINK(f"#{quoted(target.sheet)}!{target.area}", text)
