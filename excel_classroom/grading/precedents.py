"""What an answer reads, by itself or by way of others: a student's own cells, cells that were handed out, and names."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from excel_export.shared.a1_notation import Area, Place, areas, without_texts
from excel_export.shared.errors import ExportError
from excel_export.workbook.contents import Cell

Cells = Mapping[tuple[int, int], Cell]
"""A sheet, by row and column."""
MOST_CELLS, LARGEST_AREA = 20_000, 20_000_000
"""So many cells an answer may read that were not handed out; and so many a rectangle in a formula may have."""
LONGEST, DEEPEST = 32_000, 8
"""Of a formula in which names are written out, and how often names may stand in what names stand for."""
_PIECES = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'!?|[^"']+|["']""")
_WORD = re.compile(r"(?<![\w.$!\\])((?:[\w.]+!)?)([^\W\d][\w.\\]*)(?![\w.!])")
_REFERENCE = re.compile(r"(?:(?:'(?:[^']|'')+'|[\w.]+)!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?", re.I)


class Precedents(NamedTuple):
    """The cells that an answer reads."""

    own: dict[Place, Cell]
    """The student's own cells among them, such as a calculation in a free corner."""
    handed_out: set[Place]
    closed: set[str]
    """The closed sheets that it reads, such as those with the answers."""


def precedents(
    sheet: str, answer: Cell, sheets: Mapping[str, Cells], handout: Mapping[str, Cells], closed: Collection[str] = ()
) -> Precedents:
    """Find the cells that an answer on a sheet reads; what lies behind those that were handed out is not looked for.

    Raises:
        ExportError: they are too many.
    """
    found = Precedents({}, set(), set())
    todo, seen = [*areas(answer.formula, sheet)], set[Area]()
    names = {name.casefold(): name for name in (*sheets, *handout, *closed)}
    while todo:
        area = todo.pop()
        name = names.get(area.sheet.casefold(), "")
        if name in closed:
            found.closed.add(name)
        if area in seen or not name or name in closed:
            continue
        seen.add(area)
        if area.size > LARGEST_AREA:
            raise ExportError(f"its answers read more than {LARGEST_AREA:,} cells at once")
        known = handout.get(name, {})
        found.handed_out.update((name, *at) for at, _ in _within(known, area))
        for at, cell in _within(sheets.get(name, {}), area):
            place = name, *at
            if at in known or place in found.own:
                continue
            found.own[place] = cell
            if len(found.own) > MOST_CELLS:
                raise ExportError(f"its answers read more than {MOST_CELLS:,} cells that were not handed out")
            todo += areas(cell.formula, name)
    return found


def _within(cells: Cells, area: Area) -> Iterator[tuple[tuple[int, int], Cell]]:
    """The cells of a sheet that lie in an area."""
    _, top, left, bottom, right = area
    if area.size <= len(cells):
        places = ((row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
        yield from ((at, cells[at]) for at in places if at in cells)
    else:
        yield from ((at, cell) for at, cell in cells.items() if top <= at[0] <= bottom and left <= at[1] <= right)


def written_out(formula: str, names: Mapping[str, str], known: Collection[str]) -> str:
    """Return a formula without defined names; those that are known stay, since the exercise has them."""
    kept = {name.casefold() for name in known}
    targets = {name.casefold(): _operand(target) for name, target in names.items() if name.casefold() not in kept}
    for _ in range(DEEPEST):
        pieces = _PIECES.findall(formula)
        for k, piece in enumerate(pieces):
            if piece[0] not in "\"'":
                pieces[k] = _WORD.sub(lambda match: targets.get(match[2].casefold(), match[0]), piece)
        new = "".join(pieces)
        if new == formula or len(new) > LONGEST:
            break
        formula = new
    return formula


def _operand(target: str) -> str:
    """What a name stands for, as a part of a formula."""
    target = target.strip().removeprefix("=")
    is_lambda = without_texts(target).upper().removeprefix("_XLFN.").startswith("LAMBDA(")
    return target if is_lambda or _REFERENCE.fullmatch(target) else f"({target})"
