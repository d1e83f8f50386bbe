"""The names of cells, for tests that know rows and columns, a defined name, or a tensor."""

from functools import cache
from pathlib import Path

import numpy as np
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from excel_export import read_tensors
from excel_export.workbook.read import read_index
from tests.support.engines import edit, recalculate


def cell(row: int, col: int) -> str:
    """The name of the cell in a row and a column, which count from 1: 'B3'."""
    return f"{get_column_letter(col)}{row}"


@cache
def named_cell(path: Path, name: str) -> tuple[str, str]:
    """The sheet and the cell that a workbook gives a name."""
    sheet, place = load_workbook(path, read_only=True).defined_names[name].attr_text.split("!")
    return sheet.strip("'"), place.replace("$", "")


def cells_of(path: Path, key: str) -> list[tuple[str, str]]:
    """Return the sheet and the cell of each element, in reading order."""
    grid = next(entry.grid for entry in read_index(path) if entry.key == key)
    return [(grid.sheet, cell(row, col)) for row, col in zip(grid.rows.flat, grid.cols.flat, strict=True)]


def with_typed(path: Path, key: str, numbers: np.ndarray, folder: Path) -> dict[str, np.ndarray]:
    """Type numbers into the cells of a tensor, and return all tensors, computed anew."""
    typed = dict(zip(cells_of(path, key), map(float, numbers.flat), strict=True))
    edit(path, typed, folder / "edited.xlsx")
    return read_tensors(recalculate(folder / "edited.xlsx", "ironcalc", folder).path)
