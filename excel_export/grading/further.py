"""The cells that a student's answers read besides those handed out, such as a calculation in a free corner."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from excel_export.grading.places import place
from excel_export.grading.submission import Cell
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW
from excel_export.shared.errors import ExportError

MOST_CELLS = 20_000
Place = tuple[str, int, int]
_STRING = re.compile(r'"(?:[^"]|"")*"')
_SHEET = r"(?:('(?:[^']|'')+'|[^\W\d][\w.]*)!)?"
_CELLS = re.compile(rf"{_SHEET}(\$?[A-Z]{{1,3}}\$?\d+)(?::(\$?[A-Z]{{1,3}}\$?\d+))?(?![\w(])", re.I)
_COLUMNS = re.compile(rf"{_SHEET}\$?([A-Z]{{1,3}}):\$?([A-Z]{{1,3}})(?![\w(])", re.I)
_ROWS = re.compile(rf"{_SHEET}\$?(\d+):\$?(\d+)(?!\w)")


class Area(NamedTuple):
    """A rectangle of cells."""

    sheet: str
    first_row: int
    first_col: int
    last_row: int
    last_col: int


def further_cells(
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


def areas(formula: str, sheet: str) -> Iterator[Area]:
    """Yield what a formula on a sheet reads."""
    text = _STRING.sub('""', formula)
    for name, first, last in _CELLS.findall(text):
        try:
            one, other = place(first.upper()), place((last or first).upper())
        except ValueError:
            continue
        rows, cols = sorted((one[0], other[0])), sorted((one[1], other[1]))
        yield Area(_sheet(name) or sheet, rows[0], cols[0], rows[1], cols[1])
    for name, first, last in _COLUMNS.findall(text):
        try:
            low, high = sorted((place(f"{first.upper()}1")[1], place(f"{last.upper()}1")[1]))
        except ValueError:
            continue
        yield Area(_sheet(name) or sheet, 1, low, LAST_ROW, high)
    for name, first, last in _ROWS.findall(text):
        low, high = sorted((min(int(first[:8]), LAST_ROW), min(int(last[:8]), LAST_ROW)))
        yield Area(_sheet(name) or sheet, low, 1, high, LAST_COLUMN)


def _sheet(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _within(cells: Mapping[tuple[int, int], Cell], area: Area) -> Iterator[tuple[tuple[int, int], Cell]]:
    _, top, left, bottom, right = area
    if (bottom - top + 1) * (right - left + 1) <= len(cells):
        places = ((row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
        yield from ((at, cells[at]) for at in places if at in cells)
    else:
        yield from ((at, cell) for at, cell in cells.items() if top <= at[0] <= bottom and left <= at[1] <= right)
