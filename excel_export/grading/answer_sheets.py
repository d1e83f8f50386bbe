"""Sheets that hold the answers of a practice workbook, whatever they are called now: recognised by what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from excel_export.grading.submission import Cell
from excel_export.grading.template import Cells
from excel_export.similarity.normal_form import canonical

MARKS_HEADS = {"from your numbers", "empty before it", "hint 1"}
"""Titles on the sheet of the marks."""
ALIKE = 0.5
"""A sheet with so many formulas of the network is the network once more."""
LEAST = 5
_REFERENCE = re.compile(r"(?:[^!(),+*/^<>=&-]+!)?\$?[A-Z]{1,3}\$?[0-9]{1,7}")


def answer_sheets(sheets: Mapping[str, Cells], handout: Mapping[str, Cells]) -> set[str]:
    """Name the sheets with answers."""
    shapes = {_shape(cell) for cells in handout.values() for cell in cells.values() if cell.formula}
    found = set()
    for name, cells in sheets.items():
        if name in handout:
            continue
        texts = {cell.value for cell in cells.values() if isinstance(cell.value, str)}
        formulas = [
            _shape(cell) for cell in cells.values() if cell.formula and not cell.formula.startswith("HYPERLINK(")
        ]
        alike = sum(each in shapes for each in formulas)
        if texts >= MARKS_HEADS or (len(formulas) >= LEAST and alike >= ALIKE * len(formulas)):
            found.add(name)
    return found


def _shape(cell: Cell) -> str:
    """A formula without what it refers to."""
    return _REFERENCE.sub("#", canonical(cell.formula))
