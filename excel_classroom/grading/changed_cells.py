"""A file held against what was handed out: changed cells, lost sheets, and sheets on which the answers stand."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from excel_classroom.grading.precedents import Cells
from excel_classroom.similarity.normal_form import canonical, relative
from excel_export.shared.a1_notation import Place
from excel_export.shared.cells import name_of
from excel_export.workbook.contents import Cell

SAME, MOST_SHOWN = 1e-12, 200
MARKS_HEADS = {"from your numbers", "empty before it", "hint 1"}
"""Titles on the sheet of the marks."""
ALIKE, LEAST = 0.5, 5
"""A sheet with so many formulas of the network, by where each looks from its own place, is the network once more. A
student's own calculation may have the same functions, but hardly at the same distances."""
_SHEET = re.compile(r"[^!(),+*/^<>=&-]+!")
_BARE = re.compile(r"[^!(),+*/^<>=&-]+!R\[-?\d+\]C\[-?\d+\]")


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
    return not _is_link(cell) and (bool(cell.formula) or isinstance(cell.value, float | bool))


def _same(given: Cell, now: Cell | None) -> bool:
    if now is None:
        return False
    if now.formula:
        return bool(given.formula) and canonical(given.formula) == canonical(now.formula)
    if isinstance(given.value, float | bool) and isinstance(now.value, float | bool):
        return math.isclose(given.value, now.value, rel_tol=SAME, abs_tol=1e-300)
    return False


def answer_sheets(sheets: Mapping[str, Cells], handout: Mapping[str, Cells]) -> set[str]:
    """Name the sheets with the answers of a practice workbook, whatever they are called now."""
    own = {_SHEET.sub("", formula) for cells in handout.values() for formula in _formulas(cells)}
    return {
        name
        for name, cells in sheets.items()
        if name not in handout
        and ({each.value for each in cells.values() if isinstance(each.value, str)} >= MARKS_HEADS
             or _is_the_network(cells, own))
    }  # fmt: skip


def _is_the_network(cells: Cells, own: set[str]) -> bool:
    """Whether it is the network with its answers: it takes its numbers from the network that was handed out.

    In a student's own copy of that network, numbers stand where it has numbers; it knows no answer.
    """
    found = [*_formulas(cells)]
    others = [formula for formula in found if not _BARE.fullmatch(formula)]
    numbers = sum(isinstance(cell.value, float) and not cell.formula for cell in cells.values())
    alike = sum(_SHEET.sub("", formula) in own for formula in others)
    return len(others) >= LEAST and alike >= ALIKE * len(others) and len(found) - len(others) >= numbers


def _formulas(cells: Cells) -> Iterator[str]:
    """The formulas of a sheet, each as it is the same in other cells."""
    for at, cell in cells.items():
        if cell.formula and not _is_link(cell):
            yield relative(cell.formula, *at)


def _is_link(cell: Cell) -> bool:
    """Whether it leads to another cell, and computes nothing."""
    return cell.formula.startswith("HYPERLINK(")
