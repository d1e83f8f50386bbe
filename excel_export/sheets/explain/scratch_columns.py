"""The hidden columns of a sheet: where it works out what it shows."""

import numpy as np

from excel_export.formulas import Expression, Grid, Operand, Reference
from excel_export.workbook.canvas import Canvas

FIRST_ROW = 2


class Columns:
    """Hands out columns beside one another, from the column `left` on, each with its name above it."""

    def __init__(self, canvas: Canvas, left: int, row: int, head: int) -> None:
        self._canvas, self.end, self._first, self._head = canvas, left, row, head

    def column(self, what: str, *parts: Expression | np.ndarray) -> Grid:
        """Write columns of formulas one below another, as one column beside the others."""
        first = self._first
        for part in parts:
            self._canvas.fill(self._canvas.column(first, self.end, part.shape[0]), part, "fixed")
            first += part.shape[0]
        return self.keep(what, first - self._first)

    def share(self, what: str, count: int, formula: Expression) -> Grid:
        """Write a column of cells that have one formula, given that of the first, which reads this sheet alone."""
        self._canvas.share(self._canvas.at(self._first, self.end, count), formula, "fixed")
        return self.keep(what, count)

    def keep(self, what: str, count: int) -> Grid:
        """Keep a column free."""
        grid = self._canvas.column(self._first, self.end, count)
        self._canvas.put(self._head, grid.col, what, "fixed")
        self.end += 1
        return grid


class ScratchColumns(Columns):
    """Hands out cells below one another, too, with their names beside them."""

    def __init__(self, canvas: Canvas, left: int) -> None:
        super().__init__(canvas, left + 3, FIRST_ROW, FIRST_ROW - 1)
        self._left, self._row = left, FIRST_ROW

    def cell(self, what: str, content: float | Operand) -> Reference:
        """Write a single cell below the others."""
        self._canvas.put(self._row, self._left, what, "fixed")
        self._canvas.put(self._row, self._left + 1, content, "fixed")
        self._row += 1
        return self._canvas.at(self._row - 1, self._left + 1).fixed
