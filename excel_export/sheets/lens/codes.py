"""A cell of any sheet as one whole number, so that formulas can work out which cell to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas.analysis.chosen import Found
from excel_export.formulas.expression import Expression, Operand, equal, total
from excel_export.formulas.functions import IF, INDEX, INT, MOD
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference

ROW, SHEET = 2**14, 2**34
"""What a row down and a sheet further add to a code: a sheet has fewer than 2^14 columns and 2^20 rows in use."""
NONE = 10**15
"""What stands for no cell; added to a code it still does."""
BIG = 10**9
"""A stride that leads out of every tensor."""


@dataclass
class Codes:
    """The sheets that codes lead to, each with the cells in use."""

    sheets: list[Reference]

    def __post_init__(self) -> None:
        self._numbers = {cells.sheet: k for k, cells in reversed([*enumerate(self.sheets)])}

    def of(self, cell: Reference) -> int:
        """The code of a cell."""
        return self._sheet(cell.sheet) * SHEET + cell.row * ROW + cell.col

    def found(self, chosen: Found) -> Expression:
        """The code of the cell that INDEX finds."""
        first = self.of(chosen.cells)
        steps = (ROW, 1)[: len(chosen.places)]
        return total([*(place * step if step > 1 else place for place, step in zip(chosen.places, steps, strict=True)),
                      first - sum(steps)])  # fmt: skip

    def number(self, code: Operand) -> Expression:
        """What the cell of a code holds."""
        within = MOD(code, SHEET)
        row, col = INT(within / ROW), MOD(within, ROW)
        found = INDEX(self.sheets[-1].fixed, row, col)
        for k in range(len(self.sheets) - 2, -1, -1):
            found = IF(equal(INT(code / SHEET), k), INDEX(self.sheets[k].fixed, row, col), found)
        return found

    def steps(self, grid: Grid) -> list[int]:
        """What one step along each dimension adds to the code."""
        pairs = zip(grid.row_strides, grid.col_strides, strict=True)
        return [down * ROW + right for down, right in pairs]

    def _sheet(self, name: str) -> int:
        return self._numbers[name]


@dataclass(frozen=True)
class Picture:
    """How the last dimensions of a tensor lie on a sheet, as rows and columns of a picture; others repeat it."""

    row: int
    col: int
    rows: int
    cols: int
    down: int
    """Sheet rows from one row of the picture to the next."""
    right: int
    row_period: int
    """Sheet rows from one picture to the next, or more than there are."""
    col_period: int

    @classmethod
    def of(cls, grid: Grid) -> Picture:
        """The picture that a grid shows."""
        rows, down, row_period = _along(grid.shape, grid.row_strides)
        cols, right, col_period = _along(grid.shape, grid.col_strides)
        return cls(grid.row, grid.col, rows, cols, down, right, row_period, col_period)


def _along(shape: Sequence[int], strides: Sequence[int]) -> tuple[int, int, int]:
    """The size and the step of the last dimension that runs along a direction, and the step of the one before it."""
    running = [(size, stride) for size, stride in zip(shape, strides, strict=True) if stride > 0 and size > 1]
    if not running:
        return 1, 1, BIG
    size, stride = running[-1]
    return size, stride, running[-2][1] if len(running) > 1 else BIG
