"""Where a workbook holds a tensor."""

from pathlib import Path

from excel_export.workbook.read import read_index
from tests.support.cells import cell


def cells_of(path: Path, key: str) -> list[tuple[str, str]]:
    """Return the sheet and the cell of each element, in reading order."""
    grid = next(entry.grid for entry in read_index(path) if entry.key == key)
    return [(grid.sheet, cell(row, col)) for row, col in zip(grid.rows.flat, grid.cols.flat, strict=True)]
