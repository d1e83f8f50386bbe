"""Tables of a class: how they are written, and texts from files of others as no program runs them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_JOINERS = "\u200c\u200d"
"""Some scripts need them within words."""
# Where a table is read by another separator than it was written with, a name's second half begins a cell.
_FORMULA = re.compile(r"(^|[;,\t|\"'])(\s*)([=+\-@＝＋－＠])")


@dataclass(frozen=True)
class Layout:
    """How a table is written."""

    separator: str = ","
    decimal: str = "."

    @classmethod
    def of(cls, separator: str, decimal: str) -> Layout:
        """The layout of two words, as the command line has them: 'semicolon' and 'comma'."""
        return cls(SEPARATORS[separator], "," if decimal == "comma" else ".")

    def number(self, number: float | None) -> str:
        """A number with the decimal sign that was asked for; '' where there is none."""
        return "" if number is None else f"{number:.10g}".replace(".", self.decimal)

    def table(self, rows: Iterable[Sequence[str]]) -> bytes:
        """The rows as a file. By its first bytes, Excel knows the encoding."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator, lineterminator="\r\n").writerows(rows)
        return text.getvalue().encode("utf-8-sig", "replace")


def percent(points: float, of: float) -> float:
    """Points as a percentage, with one decimal; 0 where there is nothing to get."""
    return round(100 * points / of, 1) if of else 0.0


def clean(content: str) -> str:
    """A text in one line, without what no file can hold or no screen shows."""
    plain = content.encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() or each in _JOINERS else " " for each in plain)


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, whatever parts its columns."""
    return _FORMULA.sub(r"\1\2'\3", " ".join(clean(text).split()))
