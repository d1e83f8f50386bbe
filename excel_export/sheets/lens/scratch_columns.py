"""The hidden columns of a sheet: where it works out what its pictures, numbers and texts show."""

import numpy as np

from excel_export.formulas import Expression, Grid, Operand, Reference
from excel_export.sheets.lens.lens_layout import HIDDEN
from excel_export.workbook.canvas import Canvas

FIRST_ROW = 2


class Columns:
    """Hands out columns and rectangles beside one another, from the column `left` on, each with its name above it."""

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

    def running(self, what: str, numbers: Grid) -> Grid:
        """Write the sums of a column's numbers up to each of them."""
        (count,) = numbers.shape
        sums = self.keep(what, count)
        for k in range(count):
            self._canvas.put(sums.row + k, sums.col, (sums.at(k - 1) if k else 0) + numbers.at(k), "fixed")
        return sums

    def keep(self, what: str, count: int) -> Grid:
        """Keep a column free."""
        return self._taken(what, self._canvas.column(self._first, self.end, count), 1)

    def room(self, what: str, height: int, width: int) -> Grid:
        """Keep a rectangle free."""
        grid = Grid(self._canvas.name, self._first, self.end, (height, width), (1, 0), (0, 1))
        return self._taken(what, grid, width + 1)

    def _taken(self, what: str, grid: Grid, width: int) -> Grid:
        self._canvas.put(self._head, grid.col, what, "fixed")
        self.end += width
        return grid


class ScratchColumns(Columns):
    """Hands out cells below one another, too, with their names beside them."""

    def __init__(self, canvas: Canvas, left: int = HIDDEN) -> None:
        super().__init__(canvas, left + 3, FIRST_ROW, FIRST_ROW - 1)
        self._left, self._row = left, FIRST_ROW

    def cell(self, what: str, content: float | Operand) -> Reference:
        """Write a single cell below the others."""
        self._canvas.put(self._row, self._left, what, "fixed")
        self._canvas.put(self._row, self._left + 1, content, "fixed")
        self._row += 1
        return self._canvas.at(self._row - 1, self._left + 1).fixed

    def rectangle(self, what: str, contents: np.ndarray) -> Grid:
        """Write a rectangle of numbers beside the others."""
        grid = self.room(what, *contents.shape)
        self._canvas.fill(grid, contents, "fixed")
        return grid

    def shared(self, what: str, height: int, width: int, formula: Expression) -> Grid:
        """Write a rectangle of cells that have one formula, given that of the first."""
        grid = self.room(what, height, width)
        self._canvas.share(grid.box, formula, "fixed")
        return grid
