"""A file held against what was handed out: changed cells, lost sheets, and sheets on which the answers stand."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping

from excel_classroom.grading.precedents import Cells
from excel_classroom.similarity.normal_form import canonical
from excel_export.shared.a1_notation import Place, areas
from excel_export.shared.cells import name_of
from excel_export.workbook.contents import Cell

SAME, MOST_SHOWN = 1e-12, 200
MARKS_HEADS = {"from your numbers", "empty before it", "hint 1"}
"""Titles on the sheet of the marks."""


def compared(
    handed_in: Mapping[str, Cells], handout: Mapping[str, Cells], sheets: Iterable[str], free: Collection[Place]
) -> dict[str, list[str]]:
    """Which sheets are lost, which cells were changed that are no blanks, and on which sheets so many that they moved.

    Only numbers and formulas count: others compute with them. Titles and links may look as they like.
    """
    found: dict[str, list[str]] = {"lost": [], "changed": [], "moved": []}
    for name in sheets:
        if name not in handed_in:
            found["lost"].append(name)
            continue
        fixed = {at: cell for at, cell in handout[name].items() if (name, *at) not in free and _is_fixed(cell)}
        changed = [at for at, cell in fixed.items() if not _same(cell, handed_in[name].get(at))]
        found["changed"] += [f"{name}!{name_of(*at)}" for at in changed[:MOST_SHOWN]]
        if len(changed) > max(12, len(fixed) // 10):
            found["moved"].append(name)
    return found


def _is_fixed(cell: Cell) -> bool:
    is_link = cell.formula.startswith("HYPERLINK(")
    return not is_link and (bool(cell.formula) or isinstance(cell.value, float | bool))


def _same(given: Cell, now: Cell | None) -> bool:
    if now is None:
        return False
    if now.formula:
        return bool(given.formula) and canonical(given.formula) == canonical(now.formula)
    if isinstance(given.value, float | bool) and isinstance(now.value, float | bool):
        return math.isclose(given.value, now.value, rel_tol=SAME, abs_tol=1e-300)
    return False


def answer_sheets(sheets: Mapping[str, Cells], handout: Mapping[str, Cells]) -> set[str]:
    """Name the sheets with the answers of a practice workbook, whatever they are called now: the marks read them."""
    own = {name: cells for name, cells in sheets.items() if name not in handout}
    marks = {name for name, cells in own.items() if {cell.value for cell in cells.values()} >= MARKS_HEADS}
    read = {area.sheet for name in marks for cell in own[name].values() for area in areas(cell.formula, name)}
    return marks | (read & own.keys())
