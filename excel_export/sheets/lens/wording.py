"""Numbers as the Lens writes them in its sentences: as many digits as one can read, the minus in brackets."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, Operand, OperandLike, as_expression, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INT, MID, ROUND, TEXT
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.desk import Desk

DECIMALS = ((100, 1), (1, 2), (0.1, 3), (0.001, 4), (0.00001, 6))
"""From this size on a number has so many decimals; a smaller one has a power of ten."""


MORE = 3
"""How many more decimals there are where a number changes by little."""


class Wording:
    """Writes numbers with the decimal sign of the reader's language, which TEXT asks for in its formats.

    Args:
        desk: where the formats stand.
        finer: 1 where a number changes by little and has more decimals, else 0.
    """

    def __init__(self, desk: Desk, finer: OperandLike = 0) -> None:
        sign = MID(as_expression(1) / 2, 2, 1)
        self._more = desk.cell("more decimals", MORE * as_expression(finer))
        zeros = desk.cell("more zeros", IF(self._more > 0, "0" * MORE, ""))
        self._formats = {k: desk.cell(f"{k} decimals", joined("0", sign, "0" * k, zeros)) for _, k in DECIMALS}
        self._power = desk.cell("power of ten", joined("0", sign, "0E+0"))

    def plain(self, x: Operand) -> Expression:
        """A number as it stands alone: −0.73."""
        return IF(x < 0, joined("−", self._size(x)), self._size(x))

    def bracketed(self, x: Operand) -> Expression:
        """A number among others: (−0.73)."""
        return IF(x < 0, joined("(−", self._size(x), ")"), self._size(x))

    def signed(self, x: Operand) -> Expression:
        """A number behind others, with the sign of what happens to it: ' − 0.73'."""
        return IF(x < 0, joined(" − ", self._size(x)), joined(" + ", self._size(x)))

    def _size(self, x: Operand) -> Expression:
        size = ABS(x)
        written: OperandLike = TEXT(size, self._power)
        for least, decimals in reversed(DECIMALS):
            written = IF(size >= least, TEXT(ROUND(size, decimals + self._more), self._formats[decimals]), written)
        return IF(size >= -NEVER, "∞", IF(AND(equal(x, INT(x)), size < 1e6), TEXT(size, "0"), written))
