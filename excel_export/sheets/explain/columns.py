"""Columns of formulas, one a line, from a row on: hidden ones beside one another, and those that a reader sees."""

from __future__ import annotations

from excel_export.formulas import Expression, Reference
from excel_export.sheets.explain.layout import FIRST, HEADS
from excel_export.sheets.parts.column import as_column
from excel_export.workbook.canvas import Canvas


class Columns:
    """Hands out columns of so many lines."""

    def __init__(self, canvas: Canvas, left: int, count: int) -> None:
        self._canvas, self.end, self._count = canvas, left, count

    def fill(self, what: str, formulas: Expression) -> Reference:
        """Write a hidden column of formulas, one for each line; return its cells."""
        self._canvas.fill(as_column(self._canvas.at(FIRST, self.end, self._count)), formulas, "fixed")
        return self.skip(what)

    def share(self, what: str, formula: Expression) -> Reference:
        """Write a hidden column of one formula: that of the first line, which reads this sheet alone."""
        self._canvas.share(self._canvas.at(FIRST, self.end, self._count), formula, "fixed")
        return self.skip(what)

    def show(self, col: int, formula: Expression, style: str) -> Reference:
        """Write a column that a reader sees, of one formula."""
        cells = self._canvas.at(FIRST, col, self._count)
        self._canvas.share(cells, formula, style)
        return cells

    def skip(self, what: str) -> Reference:
        """Keep a hidden column free."""
        self._canvas.say(HEADS, self.end, what, "fixed")
        self.end += 1
        return self._canvas.at(FIRST, self.end - 1, self._count)
