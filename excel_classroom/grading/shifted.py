"""Moves on the sheets, undone: inserted or deleted rows and columns, blocks that were cut and pasted, renamed sheets.

The sheets that were handed out hold labels and numbers. The shift by which most of them are found again is the one that
happened. Each cell, and each reference in a formula, is put back. Cells of new rows and columns are kept far away,
since an answer may read them.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from excel_classroom.grading.precedents import Cells
from excel_classroom.similarity.normal_form import canonical, outside_texts
from excel_export.shared.a1_notation import CELLS, Area, Place
from excel_export.shared.cells import letters_of, place_of
from excel_export.workbook.contents import Cell, Submission

FARTHEST = 6
"""The number of rows or columns by which a line may have moved."""
SWITCH = 1.5
"""The number of cells that must be found again to explain one more inserted or deleted line."""
LEAST = 3
"""The number of cells that must be found again to explain any move."""
SPARE_ROW = 900_000
"""The row from which on cells of new rows are kept, far below all others."""
SPARE_COLUMN = 12_000
"""The column from which on cells of new columns are kept, far right of all others."""
LARGEST = 2_000
"""The number of rows or columns of a sheet up to which inserted and deleted lines are looked for."""
MOST_BLOCKS = 3
"""The number of moved blocks that are looked for on a sheet."""
MOST_ALIKE = 8
"""The number of cells with one label from which on the label does not tell where a block is."""
_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]{0,6})", re.I)
Labels = Mapping[Place, str]
"""The labels of cells, by sheet, row and column: contents by which a cell is found again."""


class Shift:
    """What became of a sheet's rows or columns: in Shift({1: 1, 2: 3}, (), 900_000) row 2 is now 3, and row 2 is new.

    `back` turns a present number into the old one.
    """

    def __init__(self, now: Mapping[int, int], gone: Sequence[int], spare: int) -> None:
        """Take {old number: new number}, the old numbers of deleted lines, and a number far above all lines.

        A new line has no old number; `back` gives it `spare` + its new one.
        """
        self._now, self._gone, self._spare = now, gone, spare
        self._was = {at: line for line, at in now.items()}

    def back(self, line: int) -> int:
        """Return the old number of a row or column; for a new one `spare` + its number.

        Example:
            >>> shift = Shift({1: 1, 2: 3}, (), 900_000)
            >>> shift.back(3), shift.back(2), shift.back(10)
            (2, 900002, 9)
        """
        last = max(self._was, default=0)
        if line > last:
            return line - last + max(self._now, default=0)
        return self._was.get(line, self._spare + line)

    def words(self, kind: str) -> Iterator[str]:
        """Yield a text for each change: 'row 3 was inserted', 'column B was deleted'; `kind` is 'row' or 'column'."""
        name = letters_of if kind == "column" else str
        inserted = (line for line in range(1, max(self._was, default=0)) if line not in self._was)
        yield from (f"{kind} {name(line)} was inserted" for line in inserted)
        yield from (f"{kind} {name(line)} was deleted" for line in self._gone)


class MovedBlock(NamedTuple):
    """A block that was cut and pasted: MovedBlock(Area('N1', 5, 2, 6, 3), 'N1', down=2, right=0) is in B7:C8 now."""

    area: Area
    """Its old cells: Area('N1', 5, 2, 6, 3) for B5:C6."""
    sheet: str
    """The sheet on which it is now."""
    down: int
    """The number of rows by which it was moved down; negative for up."""
    right: int
    """The number of columns by which it was moved to the right; negative for left."""

    def back(self, at: Place) -> Place:
        """Return the old place of a cell, (sheet, row, column): ('N1', 5, 2) for ('N1', 7, 2) in a block moved 2 down.

        A cell that stands now where the block stood is new: it gets a place 900,000 rows further down. Others are
        returned as they are.
        """
        sheet, row, col = at
        was = self.area.sheet, row - self.down, col - self.right
        if sheet == self.sheet and _holds(self.area, was):
            return was
        # What stands now where the block stood is new.
        return (sheet, SPARE_ROW + row, col) if _holds(self.area, at) else at

    @property
    def words(self) -> str:
        """A sentence about the move: "the block B5:C6 was moved to B7:C8 on the sheet 'N1'"."""
        sheet, top, left, bottom, right = self.area
        now = Area("", top + self.down, left + self.right, bottom + self.down, right + self.right)
        home = f" of the sheet '{sheet}'" * (self.sheet != sheet)
        return f"the block {self.area.name}{home} was moved to {now.name} on the sheet '{self.sheet}'"


def _holds(area: Area, at: Place) -> bool:
    sheet, row, col = at
    return area.sheet == sheet and area.first_row <= row <= area.last_row and area.first_col <= col <= area.last_col


def is_there(at: tuple[int, int]) -> bool:
    """Return whether a cell, (7, 3) for C7, was in the handed-out sheet; False from row 900,000 or column 12,000 on.

    `undo_moves` puts the cells of new rows and columns there.
    """
    return at[0] < SPARE_ROW and at[1] < SPARE_COLUMN


def undo_moves(
    handed_in: Submission, handout: Submission, free: Collection[Place], closed: Collection[str]
) -> tuple[Submission, list[str]]:
    """Return a file with all moves undone, and sentences on them, ['row 3 was inserted']; (handed_in, []) for none.

    Args:
        handed_in: the student's file, whose `sheets` are {'N1': {(1, 1): Cell(2.0)}}.
        handout: the file that was handed out.
        free: the cells, (sheet, row, column), that a student fills in; the others are found again by their contents.
        closed: the sheets with solutions, none of which is a renamed sheet of the network.
    """
    moves = _Moves(handed_in, handout, free, closed)
    if not moves.messages:
        return handed_in, []
    sheets: dict[str, dict[tuple[int, int], Cell]] = {moves.names.get(now, now): {} for now in handed_in.sheets}
    for now, cells in handed_in.sheets.items():
        for at, cell in cells.items():
            sheet, *was = moves.back((now, *at))
            formula = moves.put_back(cell.formula, now, sheet) if cell.formula else ""
            sheets[sheet][was[0], was[1]] = cell._replace(formula=formula)
    names = {name: moves.put_back(target, "", "") for name, target in handed_in.names.items()}
    return replace(handed_in, sheets=sheets, names=names), moves.messages


class _Moves:
    def __init__(
        self, handed_in: Submission, handout: Submission, free: Collection[Place], closed: Collection[str]
    ) -> None:
        self.names = _names(handed_in, handout, closed)
        """The old name of each sheet, by its new name."""
        self._shifts: dict[str, tuple[Shift, Shift]] = {}
        self._blocks: list[MovedBlock] = []
        self.messages = [f"the sheet '{own}' has the name '{now}'" for now, own in self.names.items() if now != own]
        old: dict[Place, str] = {}
        new: dict[Place, str] = {}
        for now, own in self.names.items():
            was = _labels(own, handout.sheets[own], given=True)
            is_now, shifts, blocks = _moved(was, _labels(own, handed_in.sheets[now]), free)
            self._shifts[own] = shifts
            self._blocks += blocks
            lines = (*shifts[0].words("row"), *shifts[1].words("column"))
            self.messages += [*(f"{words} on the sheet '{own}'" for words in lines), *(each.words for each in blocks)]
            old |= was
            new |= is_now
        for name in (each for each in handed_in.sheets if each not in self.names and each not in closed):
            new |= _labels(name, handed_in.sheets[name])
        _, blocks = _with_blocks(old, new, free, elsewhere=True)
        self._blocks += blocks
        self.messages += [block.words for block in blocks]

    def back(self, at: Place) -> Place:
        sheet, row, col = self.names.get(at[0], at[0]), at[1], at[2]
        if sheet in self._shifts:
            rows, columns = self._shifts[sheet]
            row, col = rows.back(row), columns.back(col)
        was: Place = sheet, row, col
        for block in self._blocks:
            was = block.back(was)
        return was

    def put_back(self, formula: str, now: str, home: str) -> str:
        def area(match: re.Match[str]) -> str:
            prefix, cells = match[0].rpartition("!")[::2]
            sheet = prefix.strip("'").replace("''", "'") or now
            own = [self.names.get(sheet, sheet)]

            def cell(each: re.Match[str]) -> str:
                try:
                    place = place_of(f"{each[2]}{each[4]}".upper())
                except ValueError:
                    return each[0]
                own[0], row, col = self.back((sheet, *place))
                return f"{each[1]}{letters_of(col)}{each[3]}{row}"

            cells = _CELL.sub(cell, cells)
            if own[0] == (sheet if prefix else home):
                return f"{prefix}{'!' * bool(prefix)}{cells}"
            return "'" + own[0].replace("'", "''") + f"'!{cells}"

        return outside_texts(formula, lambda piece: CELLS.sub(area, piece))


def _names(handed_in: Submission, handout: Submission, closed: Collection[str]) -> dict[str, str]:
    names = {name: name for name in handout.sheets if name in handed_in.sheets}
    for lost in handout.sheets.keys() - names.keys():
        labels = Counter(_labels(lost, handout.sheets[lost], given=True).values())
        others = [name for name in handed_in.sheets if name not in names and name not in closed]
        alike = {name: (labels & Counter(_labels(name, handed_in.sheets[name]).values())).total() for name in others}
        best = max(alike, key=alike.__getitem__, default=None)
        if best is not None and alike[best] >= max(LEAST, labels.total() / 2):
            names[best] = lost
    return names


def _labels(sheet: str, cells: Cells, *, given: bool = False) -> dict[Place, str]:
    return {(sheet, *at): label for at, cell in cells.items() if (label := _label(cell, given))}


def _label(cell: Cell, given: bool) -> str:
    if isinstance(cell.value, float) and (given or not cell.formula):
        return f"{cell.value:.10g}"
    return "=" + CELLS.sub("@", canonical(cell.formula)) if cell.formula else str(cell.value or "").strip()


def _moved(old: Labels, new: Labels, free: Collection[Place]) -> tuple[Labels, tuple[Shift, Shift], list[MovedBlock]]:
    rows = _aligned(_lines(old, 1), _lines(new, 1), SPARE_ROW)
    back = {(sheet, rows.back(row), col): label for (sheet, row, col), label in new.items()}
    columns = _aligned(_lines(old, 2), _lines(back, 2), SPARE_COLUMN)
    back = {(sheet, row, columns.back(col)): label for (sheet, row, col), label in back.items()}
    none = Shift({}, (), SPARE_ROW), Shift({}, (), SPARE_COLUMN)
    tried = [(*_with_blocks(old, back, free), (rows, columns)), (*_with_blocks(old, new, free), none)]
    found, blocks, shifts = max(tried, key=lambda each: sum(old.get(at) == label for at, label in each[0].items()))
    return found, shifts, blocks


def _lines(cells: Labels, way: int) -> dict[int, dict[int, str]]:
    lines: dict[int, dict[int, str]] = {}
    for at, found in cells.items():
        line, along = (at[1], at[2]) if way == 1 else (at[2], at[1])
        lines.setdefault(line, {})[along] = found
    return lines


def _aligned(was: Mapping[int, Mapping[int, str]], now: Mapping[int, Mapping[int, str]], spare: int) -> Shift:
    last = max(was, default=0)
    if last > LARGEST:
        return Shift({}, (), spare)
    shifts = range(-FARTHEST, FARTHEST + 1)

    def hits(line: int, at: int) -> int:
        new = now.get(at, {})
        return sum(new.get(each) == label for each, label in was.get(line, {}).items())

    best: dict[int, tuple[float, tuple[int, ...]]] = {each: (-SWITCH * (each != 0), ()) for each in shifts}
    for line in range(1, last + 1):
        found = {}
        for shift in shifts:
            score, path = max((best[each][0] - SWITCH * (each != shift), best[each][1]) for each in shifts)
            found[shift] = score + hits(line, line + shift), (*path, shift)
        best = found
    score, path = max(best.values())
    if score < sum(hits(line, line) for line in was) + LEAST - SWITCH:
        path = (0,) * last
    owner: dict[int, int] = {}
    for line, shift in enumerate(path, 1):
        at = line + shift
        if at > 0 and (at not in owner or hits(line, at) >= hits(owner[at], at)):
            owner[at] = line
    found_again = {line: at for at, line in owner.items()}
    return Shift(found_again, [line for line in range(1, last + 1) if line not in found_again], spare)


def _with_blocks(
    old: Labels, new: Labels, free: Collection[Place], *, elsewhere: bool = False
) -> tuple[Labels, list[MovedBlock]]:
    """Return labels with moved blocks put back, the largest first; with `elsewhere`, blocks moved to another sheet."""
    blocks: list[MovedBlock] = []
    while len(blocks) < MOST_BLOCKS and (block := _block(old, new, free, elsewhere)):
        blocks.append(block)
        new = {block.back(at): label for at, label in new.items()}
    return new, blocks


def _block(old: Labels, new: Labels, free: Collection[Place], elsewhere: bool) -> MovedBlock | None:
    """Return the largest moved block: the offset by which most of the lost labels are found again; None without one."""
    lost = {at: label for at, label in old.items() if new.get(at) != label and at not in free}
    places: dict[str, list[Place]] = {}
    for at, label in new.items():
        if old.get(at) != label:
            places.setdefault(label, []).append(at)
    offsets: Counter[tuple[str, str, int, int]] = Counter()
    for (sheet, row, col), label in lost.items():
        there = [at for at in places.get(label, ()) if (at[0] != sheet) is elsewhere]
        offsets.update((sheet, to, r - row, c - col) for to, r, c in there if len(there) <= MOST_ALIKE)
    if not offsets:
        return None
    (home, to, down, right), count = offsets.most_common(1)[0]
    cells = [at for at, label in lost.items() if at[0] == home and new.get((to, at[1] + down, at[2] + right)) == label]
    rows, columns = [at[1] for at in cells], [at[2] for at in cells]
    block = MovedBlock(Area(home, min(rows), min(columns), max(rows), max(columns)), to, down, right)
    block = _widened(block, old, new)
    still = sum(_holds(block.area, at) and new.get(at) == label for at, label in old.items())
    return None if count < LEAST or still > count / 4 else block


def _widened(block: MovedBlock, old: Labels, new: Labels) -> MovedBlock:
    area, to, down, right = block
    beside = (
        area._replace(first_row=area.first_row - 1), area._replace(last_row=area.last_row + 1),
        area._replace(first_col=area.first_col - 1), area._replace(last_col=area.last_col + 1),
    )  # fmt: skip
    for wider in beside:
        line = [at for at in old if _holds(wider, at) and not _holds(area, at)]
        is_there_now = any((to, at[1] + down, at[2] + right) in new for at in line)
        if is_there_now and not any(at in new for at in line):
            return _widened(block._replace(area=wider), old, new)
    return block
