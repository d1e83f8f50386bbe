"""Hidden columns of a sheet, for its intermediate results."""

import numpy as np

from excel_export.formulas import Expression, Grid, Operand, Reference
from excel_export.workbook.canvas import Canvas

FIRST_ROW = 2
"""The row of the first cell of `ScratchColumns`."""


class Columns:
    """Columns of hidden results from `left` on, names in row `head`, numbers from `row` on; `end` is the next."""

    def __init__(self, canvas: Canvas, left: int, row: int, head: int) -> None:
        self._canvas, self.end, self._first, self._head = canvas, left, row, head

    def column(self, what: str, *parts: Expression | np.ndarray) -> Grid:
        """Write columns of formulas one below another into the next free column, and return its cells as a grid."""
        first = self._first
        for part in parts:
            self._canvas.fill(self._canvas.column(first, self.end, part.shape[0]), part, "fixed")
            first += part.shape[0]
        return self.keep(what, first - self._first)

    def share(self, what: str, count: int, formula: Expression) -> Grid:
        """Write the first cell's formula into `count` cells of the next column, filled down; it reads this sheet."""
        self._canvas.share(self._canvas.at(self._first, self.end, count), formula, "fixed")
        return self.keep(what, count)

    def keep(self, what: str, count: int) -> Grid:
        """Leave `count` cells of the next column empty, with the name `what` above, and return them."""
        grid = self._canvas.column(self._first, self.end, count)
        self._canvas.put(self._head, grid.col, what, "fixed")
        self.end += 1
        return grid


class ScratchColumns(Columns):
    """Columns of hidden results, and beside them single cells below one another with their names: 'rank' 2, …."""

    def __init__(self, canvas: Canvas, left: int) -> None:
        super().__init__(canvas, left + 3, FIRST_ROW, FIRST_ROW - 1)
        self._left, self._row = left, FIRST_ROW

    def cell(self, what: str, content: float | Operand) -> Reference:
        """Write a single cell below the others, its name `what` to its left, and return it: $J$2."""
        self._canvas.put(self._row, self._left, what, "fixed")
        self._canvas.put(self._row, self._left + 1, content, "fixed")
        self._row += 1
        return self._canvas.at(self._row - 1, self._left + 1).fixed
