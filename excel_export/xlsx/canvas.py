"""A sheet in memory: what stands in which cell, and how it looks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from openpyxl.formatting.rule import Rule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.formulas.grid import Grid, quoted
from excel_export.xlsx.charts import Chart

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST_TEXT, _LONGEST_LITERAL = 32_767, 255
"""As Excel counts: an emoji is two."""
# What a spreadsheet would take for a character: _x0041_ is an A.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Text(str):
    """A text that is shown as it is, even where it begins like a formula."""

    def __new__(cls, text: object) -> Text:
        """Drop what XML cannot hold, and what a cell cannot."""
        return super().__new__(cls, _FORBIDDEN.sub("\ufffd", _cut(str(text), _LONGEST_TEXT)))


@dataclass
class Canvas:
    """One sheet. Rows and columns count from 1."""

    name: str
    tab: str
    """The colour of its tab, as RRGGBB."""
    cells: dict[int, dict[int, tuple[Any, str]]] = field(default_factory=dict)
    """By row and column: a number, a formula that starts with '=' or a `Text`, and the name of its style."""
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    rules: list[tuple[str, Rule]] = field(default_factory=list)
    """Conditional formats, by area."""
    charts: list[Chart] = field(default_factory=list)
    validations: list[DataValidation] = field(default_factory=list)
    freeze: str | None = None
    zoom: int = 100
    row_height: float | None = None
    one_page: bool = False
    """Print the whole sheet on one page, else on pages of full width."""
    printed: str | None = None
    """The area to print, where it is not the whole sheet."""

    def put(self, row: int, col: int, content: Any, style: str) -> None:
        """Set one cell to a number, or to a formula that starts with '='."""
        self.cells.setdefault(row, {})[col] = (content, style)

    def say(self, row: int, col: int, text: object, style: str) -> None:
        """Set one cell to a text, shown as it is whatever it begins with."""
        self.put(row, col, Text(text), style)

    def fill(self, grid: Grid, contents: np.ndarray, style: str) -> None:
        """Set the cells of a grid from an array of numbers or formulas in the tensor's shape."""
        contents = np.asarray(contents)
        items = (contents.astype(int) if contents.dtype == bool else contents).ravel().tolist()
        rows, cols = grid.rows.ravel().tolist(), grid.cols.ravel().tolist()
        cells = self.cells
        for row, col, item in zip(rows, cols, items, strict=True):
            if row not in cells:
                cells[row] = {}
            cells[row][col] = (item, style)

    def stripe(self, row: int, first: int, last: int, style: str) -> None:
        """Colour the empty cells of a row."""
        line = self.cells.setdefault(row, {})
        for col in range(first, last + 1):
            line.setdefault(col, (None, style))


def cell(row: int, col: int) -> str:
    """Return the reference to a cell: 'B3'."""
    return f"{get_column_letter(col)}{row}"


def link(sheet: str, target: str, text: str) -> str:
    """Return the formula of a link to a place in the workbook."""
    return f"=HYPERLINK({_literal(f'#{quoted(sheet)}!{target}')},{_literal(text)})"


def xml_text(text: str) -> str:
    """Return a text as the file holds it."""
    return escape(_ESCAPE.sub("_x005F_", text))


def _literal(text: str) -> str:
    """Return a text as a formula writes it, as much of it as a formula can hold."""
    return '"' + _cut(Text(text), _LONGEST_LITERAL).replace('"', '""') + '"'


def _cut(text: str, length: int) -> str:
    if 2 * len(text) <= length:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "replace")
