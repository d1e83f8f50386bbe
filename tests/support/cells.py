"""The names of cells, for tests that know rows and columns, or a defined name."""

from functools import cache
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter


def cell(row: int, col: int) -> str:
    """The name of the cell in a row and a column, which count from 1: 'B3'."""
    return f"{get_column_letter(col)}{row}"


@cache
def named_cell(path: Path, name: str) -> tuple[str, str]:
    """The sheet and the cell that a workbook gives a name."""
    sheet, place = load_workbook(path, read_only=True).defined_names[name].attr_text.split("!")
    return sheet.strip("'"), place.replace("$", "")
