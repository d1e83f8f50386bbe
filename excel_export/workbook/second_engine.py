"""A second engine for the values of a workbook, where it is installed: numbers that are nearly equal need one.

IronCalc takes numbers that differ in their last digits for equal, also where a formula chooses between them.
"""

import importlib.util
from pathlib import Path

NAME = "formulon"
NOTE = (
    "numbers that differ in their last digits only are chosen between: the stored values are those of formulon, and a "
    "program that takes such numbers for equal shows other gradients"
)
"""What a reader of the file should know where the second engine's values stand in it."""


class SecondEngine:
    """A workbook that formulon has computed, read as one of IronCalc's.

    Args:
        path: the workbook.

    Raises:
        Exception: the engine cannot compute it.
    """

    def __init__(self, path: str | Path) -> None:
        import formulon

        self._workbook = formulon.Workbook.load(Path(path).read_bytes())
        self._workbook.recalc()
        self._kinds = formulon.ValueKind

    def get_cell_value(self, sheet: int, row: int, col: int) -> float | str | bool | None:
        """Return what a cell holds; sheets are counted from 0, rows and columns from 1."""
        value = self._workbook.get_value(sheet, row - 1, col - 1)
        if value.kind == self._kinds.ERROR:
            return "#NUM!"
        found: float | str | bool | None = next(
            (item for item in (value.number, value.boolean, value.text) if item is not None), None
        )
        return found

    def get_cell_type(self, sheet: int, row: int, col: int) -> str:
        """Return the kind of a cell, as IronCalc says it."""
        is_text = self._workbook.get_value(sheet, row - 1, col - 1).kind == self._kinds.TEXT
        return "CellType.Text" if is_text else ""


def missing() -> str:
    """Return what would have to be installed; '' where it is."""
    return "" if importlib.util.find_spec(NAME) else NAME
