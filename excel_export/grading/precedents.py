"""The cells that a student's answers read besides those handed out, such as a calculation in a free corner."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from excel_export.grading.a1_notation import Area, Place, areas
from excel_export.grading.submission import Cell
from excel_export.shared.errors import ExportError

MOST_CELLS = 20_000


def precedent_cells(
    answers: Iterable[tuple[str, Cell]], sheets: Mapping[str, Mapping[tuple[int, int], Cell]], known: Collection[Place]
) -> dict[Place, Cell]:
    """Find the cells that answers read, directly or by way of others, and that are not among the known ones.

    Args:
        answers: what stands in each blank, with its sheet.
        sheets: the workbook that was handed in.
        known: the cells that were handed out, and the blanks.

    Raises:
        ExportError: they are too many.
    """
    found: dict[Place, Cell] = {}
    todo = [area for sheet, cell in answers for area in areas(cell.formula, sheet)]
    seen: set[Area] = set()
    names = {name.casefold(): name for name in sheets}
    while todo:
        area = todo.pop()
        if area in seen or area.sheet.casefold() not in names:
            continue
        seen.add(area)
        name = names[area.sheet.casefold()]
        for at, cell in _within(sheets[name], area):
            if (name, *at) in known or (name, *at) in found:
                continue
            found[name, at[0], at[1]] = cell
            if len(found) > MOST_CELLS:
                raise ExportError(f"its answers read more than {MOST_CELLS:,} cells that were not handed out")
            todo += areas(cell.formula, name)
    return found


def _within(cells: Mapping[tuple[int, int], Cell], area: Area) -> Iterator[tuple[tuple[int, int], Cell]]:
    _, top, left, bottom, right = area
    if (bottom - top + 1) * (right - left + 1) <= len(cells):
        places = ((row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
        yield from ((at, cells[at]) for at in places if at in cells)
    else:
        yield from ((at, cell) for at, cell in cells.items() if top <= at[0] <= bottom and left <= at[1] <= right)
