"""The cells that an answer reads, directly or through other cells: a student's own, those handed out, and names."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from excel_export.shared.a1_notation import Area, Place, areas, without_texts
from excel_export.shared.errors import ExportError
from excel_export.workbook.contents import Cell

Cells = Mapping[tuple[int, int], Cell]
"""The cells of a sheet by row and column, from 1 on."""
MOST_CELLS = 20_000
"""The number of cells of a student's own that an answer may read."""
LARGEST_AREA = 20_000_000
"""The number of cells that a rectangle in a formula may have: some 19 columns of a sheet."""
LONGEST = 32_000
"""In characters, of a formula with names written out: Excel allows 8,192, and a file may be made to grow."""
DEEPEST = 8
"""The number of times that names are replaced, since a name may stand for a formula with names."""
_PIECES = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'!?|[^"']+|["']""")
_WORD = re.compile(r"(?<![\w.$!\\])((?:[\w.]+!)?)([^\W\d][\w.\\]*)(?![\w.!])")
_REFERENCE = re.compile(r"(?:(?:'(?:[^']|'')+'|[\w.]+)!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?", re.I)


class Precedents(NamedTuple):
    """The cells that an answer reads, directly or through other cells."""

    outside: dict[Place, Cell]
    """The student's own cells among them, outside of the exercise: {('N1', 9, 9): Cell}."""
    handed_out: set[Place]
    """The cells among them that were handed out."""
    closed: set[str]
    """The names of sheets that the answer reads and must not read, such as the solution's: {'Answers'}."""


def precedents(
    sheet: str, answer: Cell, sheets: Mapping[str, Cells], handout: Mapping[str, Cells], closed: Collection[str] = ()
) -> Precedents:
    """Return the cells that an answer reads; the precedents of cells that were handed out are not followed.

    Args:
        sheet: the answer's sheet.
        answer: its cell.
        sheets: the student's sheets.
        handout: the sheets that were handed out.
        closed: the names of the sheets that an answer must not read.

    Raises:
        ExportError: there are too many cells.

    Example:
        >>> mine = {"N1": {(1, 1): Cell(2.0), (9, 9): Cell(None, "A1*2")}}
        >>> list(precedents("N1", Cell(None, "A1+I9"), mine, {"N1": {(1, 1): Cell(2.0)}}).outside)
        [('N1', 9, 9)]
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
            if at in known or place in found.outside:
                continue
            found.outside[place] = cell
            if len(found.outside) > MOST_CELLS:
                raise ExportError(f"its answers read more than {MOST_CELLS:,} cells that were not handed out")
            todo += areas(cell.formula, name)
    return found


def _within(cells: Cells, area: Area) -> Iterator[tuple[tuple[int, int], Cell]]:
    _, top, left, bottom, right = area
    if area.size <= len(cells):
        places = ((row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
        yield from ((at, cells[at]) for at in places if at in cells)
    else:
        yield from ((at, cell) for at, cell in cells.items() if top <= at[0] <= bottom and left <= at[1] <= right)


def without_names(formula: str, names: Mapping[str, str], known: Collection[str]) -> str:
    """Return a formula with defined names replaced by what they stand for; names that are `known` stay.

    Example:
        >>> without_names("rate*B2", {"rate": "'N1'!$C$3"}, known=())
        "'N1'!$C$3*B2"
    """
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
    target = target.strip().removeprefix("=")
    is_lambda = without_texts(target).upper().removeprefix("_XLFN.").startswith("LAMBDA(")
    return target if is_lambda or _REFERENCE.fullmatch(target) else f"({target})"
