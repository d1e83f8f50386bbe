"""The hidden columns of the Lens: where it works out what its maps and its texts show."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, Operand
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.sheets.lens.layout import HIDDEN, ROWS, SIDE
from excel_export.xlsx.canvas import Canvas

FIRST_ROW = 2


class Desk:
    """Hands out cells, columns and squares; each has its name above or beside it."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._row = FIRST_ROW
        self._col = HIDDEN + 3

    def cell(self, what: str, content: float | Operand) -> Reference:
        """Write a single cell below the others."""
        self._canvas.say(self._row, HIDDEN, what, "fixed")
        self._canvas.put(self._row, HIDDEN + 1, content, "fixed")
        self._row += 1
        return self._canvas.at(self._row - 1, HIDDEN + 1).fixed

    def column(self, what: str, formulas: Expression) -> Grid:
        """Write a column of formulas beside the others."""
        grid = Grid(self._canvas.name, FIRST_ROW, self._col, formulas.shape, (1,), (0,))
        return self._fill(what, grid, formulas, 1)

    def room(self, count: int) -> Grid:
        """Keep a column free."""
        grid = Grid(self._canvas.name, FIRST_ROW, self._col, (count,), (1,), (0,))
        self._col += 1
        return grid

    def square(self, what: str, formulas: Expression) -> Grid:
        """Write a square of formulas, as large as a map, beside the others."""
        grid = Grid(self._canvas.name, FIRST_ROW, self._col, (ROWS, SIDE), (1, 0), (0, 1))
        return self._fill(what, grid, formulas, SIDE + 1)

    def _fill(self, what: str, grid: Grid, formulas: Expression, width: int) -> Grid:
        self._canvas.say(FIRST_ROW - 1, grid.col, what, "fixed")
        self._canvas.fill(grid, formulas, "fixed")
        self._col += width
        return grid
