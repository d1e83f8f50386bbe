"""How a number is spelled wherever the Lens shows it: four digits, or as many decimals as the step asks for.

The texts of all engines must agree, so TEXT is given neither a negative number nor a power of ten.
"""

from excel_export.formulas import Expression, Operand, OperandLike, as_expression, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INDEX, INT, LOG10, MAX, MID, MIN, OR, ROUND, TEXT
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.scratch_columns import ScratchColumns

DIGITS, MOST_DECIMALS = 4, 10
LARGEST, LEAST, SHORT = 1e7, 1e-5, 6
"""Beyond these, a number has a power of ten, unless it has no more than so many decimals, as a rate of 0.00002."""


class Wording:
    """Spells numbers with the decimal sign of the reader's language, which TEXT asks for in its formats.

    Each has so many decimals at least, so that a difference can be followed.
    """

    def __init__(self, scratch: ScratchColumns, least: OperandLike) -> None:
        sign = MID(as_expression(1) / 2, 2, 1)
        self._least = least
        hashes = [joined("0", sign, "#" * k).reshape(1) for k in range(1, MOST_DECIMALS + 1)]
        self._formats = scratch.column("formats", *hashes).box.fixed

    def plain(self, x: Operand) -> Expression:
        """A number as it stands alone: −0.7312."""
        return joined(IF(x < 0, "−", ""), self._size(x))

    def bracketed(self, x: Operand) -> Expression:
        """A number among others: (−0.7312)."""
        return joined(IF(x < 0, "(−", ""), self._size(x), IF(x < 0, ")", ""))

    def signed(self, x: Operand) -> Expression:
        """A number behind others, with the sign of what happens to it: ' − 0.7312'."""
        return joined(IF(x < 0, " − ", " + "), self._size(x))

    def _size(self, x: Operand) -> Expression:
        size = ABS(x)
        scale = INT(LOG10(size))
        decimals = MAX(self._least, MIN(MOST_DECIMALS, DIGITS - 1 - scale), 0)
        power = joined(self._rounded(size / as_expression(10) ** scale, DIGITS - 1), "E", scale)
        is_long = ABS(ROUND(size, SHORT) - size) > size * 1e-9
        number = IF(OR(size >= LARGEST, AND(size < LEAST, is_long)), power, self._rounded(size, decimals))
        return IF(size >= -NEVER, "∞", IF(equal(size, 0), "0", number))

    def _rounded(self, size: Expression, decimals: OperandLike) -> Expression:
        rounded = ROUND(size, decimals)
        text = TEXT(rounded, INDEX(self._formats, MAX(1, decimals)))
        return IF(equal(rounded, INT(rounded)), TEXT(rounded, "0"), text)


def decimals_for(size: Operand, digits: int = DIGITS) -> Expression:
    """How many decimals a number needs that has so many digits; none for 0."""
    return IF(ABS(size) > 0, digits - 1 - INT(LOG10(MAX(ABS(size), 1e-300))), 0)
