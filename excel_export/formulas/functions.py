"""The spreadsheet functions that formulas use, by the names that a reader of a workbook meets.

Every engine that the tests know agrees on them; none is an array function, is volatile, or is newer than Excel 2007.
"""

from __future__ import annotations

from excel_export.formulas.expression import Expression, OperandLike, call
from excel_export.formulas.reference import RangeOfOne, Reference, quoted


class _Function:
    """A function by its name; called, it gives an expression."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: OperandLike) -> Expression:
        return call(self.name, *arguments)


class _FunctionOfRange(_Function):
    """A function that looks into a range, which it is given as one of its arguments."""

    def __init__(self, name: str, place: int) -> None:
        super().__init__(name)
        self._place = place

    def __call__(self, *arguments: OperandLike) -> Expression:
        cells = arguments[self._place]
        if isinstance(cells, Reference) and cells.size == 1:
            arguments = (*arguments[: self._place], RangeOfOne.of(cells), *arguments[self._place + 1 :])
        return super().__call__(*arguments)


ABS, SIGN, INT, TRUNC, ROUND, MOD = map(_Function, ("ABS", "SIGN", "INT", "TRUNC", "ROUND", "MOD"))
EXP, LN, SQRT, TANH, NORMSDIST = map(_Function, ("EXP", "LN", "SQRT", "TANH", "NORMSDIST"))
SIN, COS, TAN, ASIN, ACOS, ATAN, ATAN2 = map(_Function, ("SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "ATAN2"))
SINH, COSH, ATANH, ERF, ERFC = map(_Function, ("SINH", "COSH", "ATANH", "ERF", "ERFC"))
LOG10, NORMSINV, GAMMALN = map(_Function, ("LOG10", "NORMSINV", "GAMMALN"))
SUM, AVERAGE, MAX, MIN, SUMPRODUCT = map(_Function, ("SUM", "AVERAGE", "MAX", "MIN", "SUMPRODUCT"))
SUMXMY2 = _Function("SUMXMY2")
IF, AND, OR, COUNT, ISNUMBER, N, NA = map(_Function, ("IF", "AND", "OR", "COUNT", "ISNUMBER", "N", "NA"))
IFERROR = _Function("IFERROR")
INDEX, MATCH, COUNTIF = _FunctionOfRange("INDEX", 0), _FunctionOfRange("MATCH", 1), _FunctionOfRange("COUNTIF", 0)
LARGE, SMALL = _FunctionOfRange("LARGE", 0), _FunctionOfRange("SMALL", 0)
RANK, SUMIF = _FunctionOfRange("RANK", 1), _Function("SUMIF")
CHOOSE, ADDRESS, SEARCH = map(_Function, ("CHOOSE", "ADDRESS", "SEARCH"))
TEXT, MID, HYPERLINK = map(_Function, ("TEXT", "MID", "HYPERLINK"))


def link(target: Reference, text: OperandLike) -> Expression:
    """A link to a cell of the workbook, which shows the text."""
    return HYPERLINK(f"#{quoted(target.sheet)}!{target.area}", text)
