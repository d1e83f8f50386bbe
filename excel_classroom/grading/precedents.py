"""Precedents: the cells that an answer reads besides those handed out, such as a calculation in a free corner."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from excel_classroom.grading.template import Cells
from excel_export.shared.a1_notation import Area, Place, areas
from excel_export.shared.errors import ExportError
from excel_export.workbook.contents import Cell

MOST_CELLS, LARGEST_AREA = 20_000, 20_000_000
"""So many cells an answer may read that were not handed out; and so many a rectangle in a formula may have."""


def precedent_cells(
    sheet: str,
    answer: Cell,
    sheets: Mapping[str, Cells],
    known: Collection[Place],
    closed: Collection[str] = (),
) -> tuple[dict[Place, Cell], set[str]]:
    """Find the cells that an answer reads, directly or by way of others, and that are not among the known ones.

    Args:
        sheet: where the answer stands.
        answer: what stands there.
        sheets: the workbook that was handed in.
        known: the cells that were handed out, and the blanks.
        closed: the sheets that no answer may read.

    Returns:
        These cells, and which of the closed sheets it reads.

    Raises:
        ExportError: they are too many.
    """
    found: dict[Place, Cell] = {}
    todo, seen = [*areas(answer.formula, sheet)], set[Area]()
    names, refused = {name.casefold(): name for name in sheets}, {name.casefold(): name for name in closed}
    read: set[str] = set()
    while todo:
        area = todo.pop()
        folded = area.sheet.casefold()
        if folded in refused:
            read.add(refused[folded])
        if area in seen or folded not in names:
            continue
        seen.add(area)
        if area.size > LARGEST_AREA:
            raise ExportError(f"its answers read more than {LARGEST_AREA:,} cells at once")
        name = names[folded]
        for at, cell in within(sheets[name], area):
            if (name, *at) in known or (name, *at) in found:
                continue
            found[name, at[0], at[1]] = cell
            if len(found) > MOST_CELLS:
                raise ExportError(f"its answers read more than {MOST_CELLS:,} cells that were not handed out")
            todo += areas(cell.formula, name)
    return found, read


def within(cells: Cells, area: Area) -> Iterator[tuple[tuple[int, int], Cell]]:
    """The cells of a sheet that lie in an area."""
    _, top, left, bottom, right = area
    if (bottom - top + 1) * (right - left + 1) <= len(cells):
        places = ((row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
        yield from ((at, cells[at]) for at in places if at in cells)
    else:
        yield from ((at, cell) for at, cell in cells.items() if top <= at[0] <= bottom and left <= at[1] <= right)
