"""The spreadsheet functions that formulas use, by their names in Excel.

Every engine of the tests agrees on them. None is an array function, is volatile, or is newer than Excel 2007.
"""

from __future__ import annotations

from collections.abc import Callable

from excel_export.formulas.expression import Expression, Operand, OperandLike, as_expression, call, equal, joined
from excel_export.formulas.reference import Reference, quoted


class _Function:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: OperandLike) -> Expression:
        return call(self.name, *arguments)


class _FunctionOfRange(_Function):
    """A function that looks into a range, which it is given as one of its arguments.

    Of a single cell it is written as what it is of that cell. Engines differ there: to Gnumeric INDEX(B3:B3,1) is
    #REF!, as B3:B3 is a value to it, and ironcalc finds nothing in B3.

    Args:
        name: the spreadsheet's name.
        place: which argument is the range.
        of_one: what it is, given the same arguments, where the range is one cell. What is looked for is a value: a
            condition such as "<=5" is none.
    """

    def __init__(self, name: str, place: int, of_one: Callable[..., OperandLike]) -> None:
        super().__init__(name)
        self._place, self._of_one = place, of_one

    def __call__(self, *arguments: OperandLike) -> Expression:
        whole, cells = super().__call__(*arguments), arguments[self._place]
        if not isinstance(cells, Reference) or cells.size > 1:
            return whole
        return as_expression(self._of_one(*arguments)).in_shape(whole.shape)


def _first_if_equal(wanted: OperandLike, cell: Operand, kind: int = 0) -> Expression:
    return IF(cell <= wanted if kind else equal(wanted, cell), 1, NA())


ABS, SIGN, INT, TRUNC, ROUND, MOD = map(_Function, ("ABS", "SIGN", "INT", "TRUNC", "ROUND", "MOD"))
EXP, LN, SQRT, TANH, NORMSDIST = map(_Function, ("EXP", "LN", "SQRT", "TANH", "NORMSDIST"))
SIN, COS, TAN, ASIN, ACOS, ATAN, ATAN2 = map(_Function, ("SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "ATAN2"))
SINH, COSH, ATANH, ERF, LOG10 = map(_Function, ("SINH", "COSH", "ATANH", "ERF", "LOG10"))
SUM, AVERAGE, MAX, MIN, SUMPRODUCT = map(_Function, ("SUM", "AVERAGE", "MAX", "MIN", "SUMPRODUCT"))
SUMXMY2 = _Function("SUMXMY2")
IF, AND, OR, COUNT, ISNUMBER, N, NA = map(_Function, ("IF", "AND", "OR", "COUNT", "ISNUMBER", "N", "NA"))
ROW, COLUMN = _Function("ROW"), _Function("COLUMN")
IFERROR = _Function("IFERROR")
INDEX = _FunctionOfRange("INDEX", 0, lambda cell, *places: cell)
MATCH = _FunctionOfRange("MATCH", 1, _first_if_equal)
COUNTIF = _FunctionOfRange("COUNTIF", 0, lambda cell, wanted: IF(equal(cell, wanted), 1, 0))
SUMIF = _FunctionOfRange("SUMIF", 0, lambda cell, wanted, added: IF(equal(cell, wanted), added, 0))
LARGE, SMALL = (_FunctionOfRange(name, 0, lambda cell, place: cell) for name in ("LARGE", "SMALL"))
RANK = _FunctionOfRange("RANK", 1, lambda number, cell, order=0: 1)
CHOOSE, ADDRESS, SEARCH = map(_Function, ("CHOOSE", "ADDRESS", "SEARCH"))
TEXT, MID, HYPERLINK = map(_Function, ("TEXT", "MID", "HYPERLINK"))


def signed_text(number: OperandLike, shown: OperandLike) -> Expression:
    """Return a number's text in a format, with a minus sign if it is negative: '-0.01' for −0.01 and the format '0.00'.

    `shown` is the format, a text or a formula. The result is TEXT(A1,"0.00"&";-"&"0.00"): in ironcalc
    TEXT(-0.01,"0.00") has no sign, so negative numbers have a format of their own.
    """
    return TEXT(number, joined(shown, ";-", shown))


def link(target: Reference, text: OperandLike) -> Expression:
    """Return a link to the cell `target` of the workbook, shown as `text`: HYPERLINK("#'Sheet1'!B3","there")."""
    return HYPERLINK(f"#{quoted(target.sheet)}!{target.area}", text)
