"""The hidden columns of a sheet: where it works out what its pictures, numbers and texts show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from excel_export.formulas import Expression, Grid, Operand, Reference
from excel_export.sheets.lens.layout import HIDDEN
from excel_export.workbook.canvas import Canvas

FIRST_ROW = 2


class Desk:
    """Hands out cells, columns and rectangles; each has its name above or beside it."""

    def __init__(self, canvas: Canvas, left: int = HIDDEN) -> None:
        self._canvas, self._left = canvas, left
        self._row = FIRST_ROW
        self._col = left + 3

    def cell(self, what: str, content: float | Operand) -> Reference:
        """Write a single cell below the others."""
        self._canvas.say(self._row, self._left, what, "fixed")
        self._canvas.put(self._row, self._left + 1, content, "fixed")
        self._row += 1
        return self._canvas.at(self._row - 1, self._left + 1).fixed

    def column(self, what: str, *parts: Expression) -> Grid:
        """Write columns of formulas one below another, as one column beside the others."""
        counts = [part.shape[0] for part in parts]
        for part, first in zip(parts, _starts(counts), strict=True):
            self._canvas.fill(self._grid(FIRST_ROW + first, part.shape), part, "fixed")
        return self._taken(what, self._grid(FIRST_ROW, (sum(counts),)), 1)

    def rectangle(self, what: str, contents: Expression | np.ndarray) -> Grid:
        """Write a rectangle of formulas, or of numbers, beside the others."""
        grid = self.room(what, *contents.shape)
        self._canvas.fill(grid, contents, "fixed")
        return grid

    def running(self, what: str, numbers: Grid) -> Grid:
        """Write the sums of a column's numbers up to each of them."""
        (count,) = numbers.shape
        sums = self._grid(FIRST_ROW, (count,))
        for k in range(count):
            before = sums.at(k - 1) if k else 0
            self._canvas.put(sums.row + k, sums.col, before + numbers.at(k), "fixed")
        return self._taken(what, sums, 1)

    def room(self, what: str, height: int, width: int) -> Grid:
        """Keep a rectangle free."""
        grid = Grid(self._canvas.name, FIRST_ROW, self._col, (height, width), (1, 0), (0, 1))
        return self._taken(what, grid, width + 1)

    def shared(self, what: str, height: int, width: int, formula: Expression) -> Grid:
        """Write a rectangle of cells that have one formula, given that of the first."""
        grid = self.room(what, height, width)
        self._canvas.share(grid.box, formula, "fixed")
        return grid

    def _grid(self, row: int, shape: tuple[int, ...]) -> Grid:
        return Grid(self._canvas.name, row, self._col, shape, (1,), (0,))

    def _taken(self, what: str, grid: Grid, width: int) -> Grid:
        self._canvas.say(FIRST_ROW - 1, grid.col, what, "fixed")
        self._col += width
        return grid


def _starts(counts: Sequence[int]) -> list[int]:
    return [sum(counts[:k]) for k in range(len(counts))]
