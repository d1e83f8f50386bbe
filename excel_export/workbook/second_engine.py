"""A second engine, if it is installed, for workbooks that choose between nearly equal numbers.

IronCalc takes numbers that differ in their last digits only for equal, also where a formula chooses between them.
"""

import importlib.util
from pathlib import Path

NAME = "formulon"
NOTE = (
    "numbers that differ in their last digits only are chosen between: the stored values are those of formulon, and a "
    "program that takes such numbers for equal shows other gradients"
)
"""The remark in the report if the stored values are those of the second engine."""


class SecondEngine:
    """A workbook computed by formulon; its methods are those of IronCalc's model: get_cell_value(0, 3, 2) is B3.

    Raises:
        ImportError: formulon is not installed.
        Exception: it cannot compute the workbook.
    """

    def __init__(self, path: str | Path) -> None:
        import formulon

        self._workbook = formulon.Workbook.load(Path(path).read_bytes())
        self._workbook.recalc()
        self._kinds = formulon.ValueKind

    def get_cell_value(self, sheet: int, row: int, col: int) -> float | str | bool | None:
        """Return a cell's content, 0.5, or '#NUM!' for any error value. Sheets count from 0, rows and cols from 1."""
        value = self._workbook.get_value(sheet, row - 1, col - 1)
        if value.kind == self._kinds.ERROR:
            return "#NUM!"
        found: float | str | bool | None = next(
            (item for item in (value.number, value.boolean, value.text) if item is not None), None
        )
        return found

    def get_cell_type(self, sheet: int, row: int, col: int) -> str:
        """Return 'CellType.Text' for a cell that holds a text, as IronCalc does, and '' for any other."""
        is_text = self._workbook.get_value(sheet, row - 1, col - 1).kind == self._kinds.TEXT
        return "CellType.Text" if is_text else ""


def missing() -> str:
    """Return 'formulon', the package that the second engine needs, if it is not installed; else ''."""
    return "" if importlib.util.find_spec(NAME) else NAME
