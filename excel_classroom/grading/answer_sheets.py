"""Sheets that hold the answers of a practice workbook, whatever they are called now: recognised by what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from excel_classroom.grading.template import Cells
from excel_classroom.similarity.normal_form import relative
from excel_export.workbook.contents import Cell

MARKS_HEADS = {"from your numbers", "empty before it", "hint 1"}
"""Titles on the sheet of the marks."""
ALIKE, LEAST = 0.5, 5
"""A sheet with so many formulas of the network, by where each looks from its own place, is the network once more. A
student's own calculation may have the same functions, but hardly at the same distances."""
_SHEET = re.compile(r"[^!(),+*/^<>=&-]+!")
_BARE = re.compile(r"[^!(),+*/^<>=&-]+!R\[-?\d+\]C\[-?\d+\]")


def answer_sheets(sheets: Mapping[str, Cells], handout: Mapping[str, Cells]) -> set[str]:
    """Name the sheets with answers."""
    own = {formula for cells in handout.values() for formula in map(_moved, _formulas(cells))}
    return {
        name
        for name, cells in sheets.items()
        if name not in handout and (_is_of_marks(cells) or _is_the_network(cells, own))
    }


def _is_of_marks(cells: Cells) -> bool:
    return {cell.value for cell in cells.values() if isinstance(cell.value, str)} >= MARKS_HEADS


def _is_the_network(cells: Cells, own: set[str]) -> bool:
    """Whether it is the network with its answers: it takes its numbers from the network that was handed out.

    In a student's own copy of that network, numbers stand where it has numbers; it knows no answer.
    """
    found = [*_formulas(cells)]
    bare = sum(bool(_BARE.fullmatch(formula)) for formula in found)
    numbers = sum(isinstance(cell.value, float) and not cell.formula for cell in cells.values())
    others = [formula for formula in found if not _BARE.fullmatch(formula)]
    alike = sum(_moved(formula) in own for formula in others)
    return len(others) >= LEAST and alike >= ALIKE * len(others) and bare >= numbers


def _formulas(cells: Cells) -> Iterator[str]:
    for at, cell in cells.items():
        if cell.formula and not _is_link(cell):
            yield relative(cell.formula, *at)


def _is_link(cell: Cell) -> bool:
    return cell.formula.startswith("HYPERLINK(")


def _moved(formula: str) -> str:
    """A formula without the names of sheets."""
    return _SHEET.sub("", formula)
