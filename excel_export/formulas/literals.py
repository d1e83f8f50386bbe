"""Numbers and texts as formulas and cells can hold them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache

from excel_export.shared.errors import ExportError

LONGEST_TEXT, LONGEST_LITERAL = 32_767, 255
"""The longest text of a cell and of a formula, in UTF-16 units as Excel counts: an emoji is two."""
LONGEST_DECIMAL = 18
"""A number with more characters is written with an exponent."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def number(value: float) -> str:
    """Return a constant as a formula writes it, with every digit that a double holds.

    An exponent has an upper-case E, as the file format says (ECMA-376 part 1, 18.17.2), and a decimal point before
    it, without which one engine cannot read it.

    Raises:
        ExportError: the number is infinite or NaN.

    Example:
        >>> number(2.0), number(-0.1), number(1e300)
        ('2', '-0.1', '1.0E+300')
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


class Text(str):
    """A text for a cell that is shown as it is, even if it begins with '=': Text('=1')."""

    def __new__(cls, text: object) -> Text:
        """Take a text; cut it to what a cell can hold, and replace characters that XML cannot hold by U+FFFD."""
        text = _cut(str(text), LONGEST_TEXT)
        return super().__new__(cls, text if text.isprintable() else _FORBIDDEN.sub("\ufffd", text))


def literal(text: str) -> str:
    """Return a text as a formula writes it: in quotation marks, those within it doubled, cut to 255 characters.

    Example:
        >>> print(literal('say "a" twice'))
        "say ""a"" twice"
    """
    return '"' + _cut(Text(text), LONGEST_LITERAL).replace('"', '""') + '"'


def _cut(text: str, length: int) -> str:
    if 2 * len(text) <= length:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "replace")
