"""A student's own cells: which of them an answer reads, what names stand for, and which sheets hold the answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from excel_classroom.similarity.normal_form import relative
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
MARKS_HEADS = {"from your numbers", "empty before it", "hint 1"}
"""Titles on the sheet of the marks."""
ALIKE, LEAST = 0.5, 5
"""A sheet with so many formulas of the network, by where each looks from its own place, is the network once more. A
student's own calculation may have the same functions, but hardly at the same distances."""
_SHEET = re.compile(r"[^!(),+*/^<>=&-]+!")
_BARE = re.compile(r"[^!(),+*/^<>=&-]+!R\[-?\d+\]C\[-?\d+\]")


def precedent_cells(
    sheet: str, answer: Cell, sheets: Mapping[str, Cells], known: Collection[Place], closed: Collection[str] = ()
) -> tuple[dict[Place, Cell], set[str]]:
    """Find the cells that an answer reads, directly or by way of others, such as a calculation in a free corner.

    Those that are known are not looked for: what was handed out, and the blanks. No answer may read the closed sheets:
    which of these it reads is returned, too.

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
        if cell.formula and not is_link(cell):
            yield relative(cell.formula, *at)


def is_link(cell: Cell) -> bool:
    """Whether it leads to another cell, and computes nothing."""
    return cell.formula.startswith("HYPERLINK(")
