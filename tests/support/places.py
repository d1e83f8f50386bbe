"""Where a workbook holds a tensor."""

from pathlib import Path

import numpy as np

from excel_export import read_tensors
from excel_export.workbook.read import read_index
from tests.support.cells import cell
from tests.support.engines import edit, recalculate


def cells_of(path: Path, key: str) -> list[tuple[str, str]]:
    """Return the sheet and the cell of each element, in reading order."""
    grid = next(entry.grid for entry in read_index(path) if entry.key == key)
    return [(grid.sheet, cell(row, col)) for row, col in zip(grid.rows.flat, grid.cols.flat, strict=True)]


def with_typed(path: Path, key: str, numbers: np.ndarray, folder: Path) -> dict[str, np.ndarray]:
    """Type numbers into the cells of a tensor, and return all tensors, computed anew."""
    typed = dict(zip(cells_of(path, key), map(float, numbers.flat), strict=True))
    edit(path, typed, folder / "edited.xlsx")
    return read_tensors(recalculate(folder / "edited.xlsx", "ironcalc", folder).path)
