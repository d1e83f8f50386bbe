"""What differs between what was handed in and what was handed out, however a spreadsheet program writes it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from excel_classroom.similarity.normal_form import canonical
from excel_export.workbook.contents import Cell

Cells = Mapping[tuple[int, int], Cell]
SAME = 1e-12


class Differences(NamedTuple):
    """Cells of a sheet that are not as they were handed out."""

    changed: list[tuple[int, int]]
    """With something else in them, or nothing."""
    moved: bool
    """So many, that the cells must have been moved or deleted together."""


def differences(given: Cells, handed_in: Cells, free: Collection[tuple[int, int]] = ()) -> Differences:
    """Compare the numbers and formulas of a sheet with those handed out; cells that are `free` may hold anything."""
    fixed = [at for at, cell in given.items() if at not in free and _counts(cell)]
    changed = [at for at in fixed if not _same(given[at], handed_in.get(at))]
    return Differences(changed, len(changed) > max(12, len(fixed) // 10))


def _counts(cell: Cell) -> bool:
    """Whether others compute with it: titles and links may look as they like."""
    return not cell.formula.startswith("HYPERLINK(") if cell.formula else isinstance(cell.value, float | bool)


def _same(given: Cell, now: Cell | None) -> bool:
    if now is None:
        return False
    if now.formula:
        return bool(given.formula) and canonical(given.formula) == canonical(now.formula)
    if isinstance(given.value, float | bool) and isinstance(now.value, float | bool):
        return math.isclose(given.value, now.value, rel_tol=SAME, abs_tol=1e-300)
    return False
