"""A column of cells, of which formulas read one in each line."""

from __future__ import annotations

from excel_export.formulas import Grid, Reference


def as_column(cells: Reference) -> Grid:
    """The cells of a column, one by one."""
    return Grid(cells.sheet, cells.row, cells.col, (cells.height,), (1,), (0,))
