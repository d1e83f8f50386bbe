"""Formulas in one spelling: programs differ in spaces, capitals, quotation marks and digits."""

import re
from collections.abc import Callable

from excel_export.shared.cells import place_of

_STRING = re.compile(r'("(?:[^"]|"")*")')
_NUMBER = re.compile(r"(?<![A-Z0-9_.$])\d+\.?\d*(?:E[+-]?\d+)?(?![A-Z0-9_.(!:])")
_PREFIX = re.compile(r"_XLFN\.|_XLWS\.|_XLPM\.")
_CELL = re.compile(r"(?<![A-Z0-9_.])(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]{0,6})(?![A-Z0-9_.(])")


def outside_texts(formula: str, change: Callable[[str], str]) -> str:
    """Return a formula with `change` applied to everything outside of its quoted texts.

    Example:
        >>> outside_texts('a1 & "b"', str.upper)
        'A1 & "b"'
    """
    return "".join(piece if k % 2 else change(piece) for k, piece in enumerate(_STRING.split(formula)))


def canonical(formula: str) -> str:
    """Return a formula in one spelling, without '='.

    Example:
        >>> canonical("= sum('N1'!b2:b4) * 0.50")
        'SUM(N1!B2:B4)*0.5'
    """
    return outside_texts(formula.removeprefix("="), _plain)


def _plain(piece: str) -> str:
    plain = _PREFIX.sub("", re.sub(r"[\s']", "", piece).upper())
    plain = plain.replace("TRUE()", "TRUE").replace("FALSE()", "FALSE")
    return _NUMBER.sub(lambda match: f"{float(match[0]):.12G}", plain)


def relative(formula: str, row: int, col: int, *, dollars: bool = False) -> str:
    """Return a formula with each cell by its distance from the formula's own place, so that copies give the same.

    With `dollars`, a row or column fixed by `$` keeps its number, so that filled cells give the same.

    Example:
        >>> relative("A1*$B$2", row=2, col=1), relative("A1*$B$2", row=2, col=1, dollars=True)
        ('R[-1]C[0]*R[0]C[1]', 'R[-1]C[0]*R2C2')
    """

    def moved(match: re.Match[str]) -> str:
        try:
            to_row, to_col = place_of(match[2] + match[4])
        except ValueError:
            return match[0]
        own_row = str(to_row) if dollars and match[3] else f"[{to_row - row}]"
        own_col = str(to_col) if dollars and match[1] else f"[{to_col - col}]"
        return f"R{own_row}C{own_col}"

    return outside_texts(canonical(formula), lambda piece: _CELL.sub(moved, piece))


def constants(formula: str, digits: int) -> list[str]:
    """Return the numbers in a formula that have at least `digits` digits, zeros at the start and the end not counted.

    Example:
        >>> constants("A1*0.1234+0.0005+1000", digits=4)
        ['0.1234']
    """
    plain = "".join(_STRING.split(canonical(formula))[::2])
    found = [match[0] for match in _NUMBER.finditer(plain)]
    return [each for each in found if len(re.sub(r"E.*|\D", "", each).strip("0")) >= digits]
