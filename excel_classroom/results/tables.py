"""The tables of a class: their layout, and texts of others made safe for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
"""The separators of columns by their names on the command line."""
WHO = ("student", "id", "e-mail")
"""The titles of the columns that name a student, the first of every table of grades."""
_JOINERS = "\u200c\u200d"
"""Invisible characters that some scripts need within words."""
# Where a table is read by another separator than it was written with, a name's second half begins a cell.
_FORMULA = re.compile(r"(^|[;,\t|\"'])(\s*)([=+\-@＝＋－＠])")


@dataclass(frozen=True)
class Layout:
    """The separators of a table: Layout(';', ',') writes 'Ada;0,5'."""

    separator: str = ","
    """The character between columns."""
    decimal: str = "."
    """The character before decimals."""

    @classmethod
    def of(cls, separator: str, decimal: str) -> Layout:
        """Return the layout of two words of the command line.

        Example:
            >>> Layout.of("semicolon", "comma").number(0.5)
            '0,5'
        """
        return cls(SEPARATORS[separator], "," if decimal == "comma" else ".")

    def number(self, number: float | None) -> str:
        """Return a number with up to ten digits: '0.5', or '0,5' with the decimal comma; '' for None."""
        return "" if number is None else f"{number:.10g}".replace(".", self.decimal)

    def table(self, rows: Iterable[Sequence[str]]) -> bytes:
        r"""Return rows as the bytes of a CSV file in UTF-8, with the mark at its beginning that Excel needs.

        Example:
            >>> Layout(";").table([["Ada", "a;b"]]).decode("utf-8-sig")
            'Ada;"a;b"\r\n'
        """
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator, lineterminator="\r\n").writerows(rows)
        return text.getvalue().encode("utf-8-sig", "replace")


def is_table_of_grades(path: Path) -> bool:
    """Return whether a file is a table of grades that we wrote, by the titles of its first columns."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        titles = file.readline(1000)
    return any(titles.startswith(separator.join(WHO)) for separator in SEPARATORS.values())


def percent(points: float, of: float) -> float:
    """Return points in percent with one decimal; 0 if none can be earned.

    Example:
        >>> percent(2, 3), percent(0, 0)
        (66.7, 0.0)
    """
    return round(100 * points / of, 1) if of else 0.0


def clean(content: str) -> str:
    r"""Return a text in one line, with a space for each character that cannot be printed: 'a\nb' becomes 'a b'."""
    plain = content.encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() or each in _JOINERS else " " for each in plain)


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, whatever separates its columns.

    Example:
        >>> safe("=1+1"), safe("x;@SUM(A1)")
        ("'=1+1", "x;'@SUM(A1)")
    """
    return _FORMULA.sub(r"\1\2'\3", " ".join(clean(text).split()))
