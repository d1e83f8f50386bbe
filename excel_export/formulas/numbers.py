"""Numbers as a formula writes them."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache

from excel_export.shared.errors import ExportError

LONGEST_DECIMAL = 18
"""A number that takes more characters is written with an exponent."""


def number(value: float) -> str:
    """Write a constant with every digit that a double holds.

    An exponent has an upper-case E, as the file format says (ECMA-376 part 1, 18.17.2), and a decimal point before
    it, without which one engine cannot read it.

    Raises:
        ExportError: the number is infinite or NaN.
    """
    return _written(float(value))


@lru_cache(maxsize=4096)
def _written(value: float) -> str:
    if not math.isfinite(value):
        raise ExportError(f"a formula would need the number {value}, which a spreadsheet does not have")
    if value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    decimal = format(Decimal(text), "f")
    if len(decimal) <= LONGEST_DECIMAL:
        return decimal
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{exponent}"
