"""Hidden columns of a sheet, for its intermediate results."""

import numpy as np

from excel_export.formulas import Expression, Grid, Operand, Reference
from excel_export.workbook.canvas import Canvas

FIRST_ROW = 2
"""The row of the first cell of `ScratchColumns`."""


class Columns:
    """Hidden columns of a sheet for intermediate results, each with a name in the row `head` and numbers from `row` on.

    The first is the column `left`; `end` is the next free one, both from 1 on.
    """

    def __init__(self, canvas: Canvas, left: int, row: int, head: int) -> None:
        self._canvas, self.end, self._first, self._head = canvas, left, row, head

    def column(self, what: str, *parts: Expression | np.ndarray) -> Grid:
        """Write formulas below one another into the next free column, named `what`, and return its cells as a grid.

        `parts` are one-dimensional: each continues below the one before.
        """
        first = self._first
        for part in parts:
            self._canvas.fill(self._canvas.column(first, self.end, part.shape[0]), part, "fixed")
            first += part.shape[0]
        return self.keep(what, first - self._first)

    def share(self, what: str, count: int, formula: Expression) -> Grid:
        """Write a formula into `count` cells of the next free column, named `what`, as if dragged down; return the
        cells.

        The formula is that of the first cell, and reads this sheet only.
        """
        self._canvas.share(self._canvas.at(self._first, self.end, count), formula, "fixed")
        return self.keep(what, count)

    def keep(self, what: str, count: int) -> Grid:
        """Return `count` empty cells of the next free column, with the name `what` above."""
        grid = self._canvas.column(self._first, self.end, count)
        self._canvas.put(self._head, grid.col, what, "fixed")
        self.end += 1
        return grid


class ScratchColumns(Columns):
    """Hidden columns, and beside them single cells below one another, each with its name to its left: 'rank' 2."""

    def __init__(self, canvas: Canvas, left: int) -> None:
        super().__init__(canvas, left + 3, FIRST_ROW, FIRST_ROW - 1)
        self._left, self._row = left, FIRST_ROW

    def cell(self, what: str, content: float | Operand) -> Reference:
        """Write a single cell below the others, with the name `what` to its left, and return its reference: $J$2."""
        self._canvas.put(self._row, self._left, what, "fixed")
        self._canvas.put(self._row, self._left + 1, content, "fixed")
        self._row += 1
        return self._canvas.at(self._row - 1, self._left + 1).fixed
