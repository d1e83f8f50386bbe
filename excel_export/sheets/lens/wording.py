"""Numbers as the Lens writes them in its sentences: as many digits as one can read, the minus in brackets."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, Operand, OperandLike, as_expression, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INT, MID, ROUND, TEXT
from excel_export.sheets.lens.desk import Desk

LEAST = (100, 1, 0.1, 0.001)
"""From this size on a number has 1, 2, 3, 4 decimals; a smaller one has a power of ten."""


class Wording:
    """Writes numbers with the decimal sign of the reader's language, which TEXT asks for in its formats."""

    def __init__(self, desk: Desk) -> None:
        sign = MID(as_expression(1) / 2, 2, 1)
        self._formats = [desk.cell(f"{k} decimals", joined("0", sign, "0" * k)) for k in range(1, 5)]
        self._power = desk.cell("power of ten", joined("0", sign, "0E+0"))

    def plain(self, x: Operand) -> Expression:
        """A number as it stands alone: −0.73."""
        return IF(x < 0, joined("−", self._size(x)), self._size(x))

    def bracketed(self, x: Operand) -> Expression:
        """A number among others: (−0.73)."""
        return IF(x < 0, joined("(−", self._size(x), ")"), self._size(x))

    def _size(self, x: Operand) -> Expression:
        size = ABS(x)
        written: OperandLike = TEXT(size, self._power)
        for k in range(len(LEAST) - 1, -1, -1):
            written = IF(size >= LEAST[k], TEXT(ROUND(size, k + 1), self._formats[k]), written)
        return IF(AND(equal(x, INT(x)), size < 1e6), TEXT(size, "0"), written)
