"""The names of cells, for tests that know rows and columns."""

from openpyxl.utils import get_column_letter


def cell(row: int, col: int) -> str:
    """The name of the cell in a row and a column, which count from 1: 'B3'."""
    return f"{get_column_letter(col)}{row}"
