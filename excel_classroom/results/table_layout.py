"""Tables of a class: how they are written, and how points are said."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}


@dataclass(frozen=True)
class Layout:
    """How a table is written."""

    separator: str = ","
    decimal: str = "."

    @classmethod
    def of(cls, separator: str, decimal: str) -> Layout:
        """The layout of two words, as the command line has them: 'semicolon' and 'comma'."""
        return cls(SEPARATORS[separator], "," if decimal == "comma" else ".")

    def number(self, number: float) -> str:
        """A number with the decimal sign that was asked for."""
        return f"{number:.10g}".replace(".", self.decimal)

    def table(self, rows: Iterable[Sequence[str]]) -> bytes:
        """The rows as a file. By its first bytes, Excel knows the encoding."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator, lineterminator="\r\n").writerows(rows)
        return text.getvalue().encode("utf-8-sig", "replace")


STANDARD = Layout()


def percent(points: float, of: float) -> float:
    """Points as a percentage, with one decimal; 0 where there is nothing to get."""
    return round(100 * points / of, 1) if of else 0.0
