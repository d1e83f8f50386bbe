"""What somebody moved on the sheets, followed back to where it was: inserted or deleted rows and columns, blocks that
were cut and pasted elsewhere, and sheets with another name.

What was handed out holds labels and numbers. The shift by which most of them are found again is the one that happened.
Then each cell, and each reference in a formula, is put where it belongs. What stands in a new row or column is kept far
away, since an answer may read it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from excel_classroom.grading.template import Cells
from excel_classroom.similarity.normal_form import canonical
from excel_export.shared.a1_notation import CELLS, Area, Place
from excel_export.shared.cells import name_of, place_of
from excel_export.workbook.contents import Cell, Submission

FARTHEST, SWITCH, LEAST = 6, 1.5, 3
"""By so many rows or columns a shift may go; another shift must find so many cells more; and one at all so many."""
SPARE_ROW, SPARE_COLUMN = 900_000, 12_000
LARGEST, MOST_BLOCKS, MOST_ALIKE = 2_000, 3, 8
"""Of longer sheets, no shift is looked for. And what stands in more places than these says nothing of a block."""
_TEXT = re.compile(r'("(?:[^"]|"")*")')
_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]{0,6})", re.I)
At = tuple[int, int]
Labels = Mapping[At, str]
"""By row and column: what can be found again."""


class Shift:
    """Where the lines of a sheet, its rows or its columns, are now, and where they were."""

    def __init__(self, now: Mapping[int, int], gone: Sequence[int], spare: int) -> None:
        """Take where each line is now, by where it was, and which of them were deleted."""
        self._now, self._gone, self._spare = now, gone, spare
        self._was = {at: line for line, at in now.items()}

    def back(self, line: int) -> int:
        """Where a line was that is there now."""
        last = max(self._was, default=0)
        if line > last:
            return line - last + max(self._now, default=0)
        return self._was.get(line, self._spare + line)

    def words(self, kind: str) -> Iterator[str]:
        """What was inserted or deleted, in words."""
        for line in range(1, max(self._was, default=0)):
            if line not in self._was:
                yield f"{kind} {_name(kind, line)} was inserted"
        yield from (f"{kind} {_name(kind, line)} was deleted" for line in self._gone)


def _name(kind: str, line: int) -> str:
    return name_of(1, line).rstrip("1") if kind == "column" else str(line)


class MovedBlock(NamedTuple):
    """A block that was cut and pasted elsewhere on its sheet: where it was, and by how much it was moved."""

    area: Area
    down: int
    right: int

    def back(self, at: At) -> At:
        """Where a cell was that is there now."""
        was = at[0] - self.down, at[1] - self.right
        if _holds(self.area, was):
            return was
        # What stands now where the block stood is new.
        return (SPARE_ROW + at[0], at[1]) if _holds(self.area, at) else at

    @property
    def words(self) -> str:
        """What was moved, in words."""
        _, top, left, bottom, right = self.area
        now = Area("", top + self.down, left + self.right, bottom + self.down, right + self.right)
        return f"the block {self.area.name} was moved to {now.name}"


def _holds(area: Area, at: At) -> bool:
    return area.first_row <= at[0] <= area.last_row and area.first_col <= at[1] <= area.last_col


@dataclass
class Moved:
    """How the cells of a sheet moved: first its rows and columns, then blocks."""

    rows: Shift = field(default_factory=lambda: Shift({}, (), SPARE_ROW))
    columns: Shift = field(default_factory=lambda: Shift({}, (), SPARE_COLUMN))
    blocks: list[MovedBlock] = field(default_factory=list)

    def back(self, at: At) -> At:
        """Where a cell was that is there now."""
        at = self.rows.back(at[0]), self.columns.back(at[1])
        for block in self.blocks:
            at = block.back(at)
        return at

    @property
    def words(self) -> list[str]:
        """What was moved, in words."""
        blocks = (block.words for block in self.blocks)
        return [*self.rows.words("row"), *self.columns.words("column"), *blocks]


def followed(
    handed_in: Submission, handout: Submission, free: Collection[Place], closed: Collection[str]
) -> tuple[Submission, list[str]]:
    """Put back what was moved, and say what it was; nothing where all is where it was, or can't be found.

    Args:
        handed_in: the file.
        handout: what was handed out.
        free: the cells that a student fills in: what stands there says nothing of a block.
        closed: sheets with answers, none of which is one that was handed out with another name.
    """
    names = _names(handed_in, handout, closed)
    said = [f"the sheet '{own}' has the name '{now}'" for now, own in names.items() if now != own]
    moved = {}
    for now, own in names.items():
        own_free = {(row, col) for sheet, row, col in free if sheet == own}
        moved[now] = _moved(handout.sheets[own], handed_in.sheets[now], own_free)
    said += [f"{each} on the sheet '{names[now]}'" for now, own in moved.items() for each in own.words]
    if not said:
        return handed_in, []

    def put_back(formula: str, sheet: str) -> str:
        return _put_back(formula, sheet, moved, names)

    sheets = {}
    for now, cells in handed_in.sheets.items():
        back = moved.get(now, Moved()).back
        sheets[names.get(now, now)] = {
            back(at): cell._replace(formula=put_back(cell.formula, now)) if cell.formula else cell
            for at, cell in cells.items()
        }
    defined = {name: put_back(target, "") for name, target in handed_in.names.items()}
    return replace(handed_in, sheets=sheets, names=defined), said


def _names(handed_in: Submission, handout: Submission, closed: Collection[str]) -> dict[str, str]:
    """By the names of sheets now, what they were called."""
    names = {name: name for name in handout.sheets if name in handed_in.sheets}
    for lost in handout.sheets.keys() - names.keys():
        labels = Counter(_labels(handout.sheets[lost], given=True).values())
        others = [name for name in handed_in.sheets if name not in names and name not in closed]
        alike = {name: (labels & Counter(_labels(handed_in.sheets[name]).values())).total() for name in others}
        best = max(alike, key=alike.__getitem__, default=None)
        if best is not None and alike[best] >= max(LEAST, labels.total() / 2):
            names[best] = lost
    return names


def _labels(cells: Cells, *, given: bool = False) -> dict[At, str]:
    """By what cells can be found again; of those that were handed out, the number counts before the formula."""
    return {at: label for at, cell in cells.items() if (label := _label(cell, given))}


def _label(cell: Cell, given: bool) -> str:
    """A formula without its cells, a number, or a text; '' where there is nothing."""
    if isinstance(cell.value, float) and (given or not cell.formula):
        return f"{cell.value:.10g}"
    return "=" + CELLS.sub("@", canonical(cell.formula)) if cell.formula else str(cell.value or "").strip()


def _moved(was: Cells, now: Cells, free: Collection[At]) -> Moved:
    """How a sheet changed: with rows and columns that were inserted or deleted, or without, whatever finds more."""
    old, new = _labels(was, given=True), _labels(now)
    rows = _aligned(_lines(old, 0), _lines(new, 0), SPARE_ROW)
    back = {(rows.back(row), col): label for (row, col), label in new.items()}
    columns = _aligned(_lines(old, 1), _lines(back, 1), SPARE_COLUMN)
    tried = [Moved(rows, columns), Moved()]
    for each in tried:
        while len(each.blocks) < MOST_BLOCKS and (block := _block(old, _back(new, each), free)):
            each.blocks.append(block)
    return max(tried, key=lambda each: sum(old.get(at) == label for at, label in _back(new, each).items()))


def _back(new: Labels, moved: Moved) -> dict[At, str]:
    return {moved.back(at): label for at, label in new.items()}


def _lines(cells: Labels, way: int) -> dict[int, dict[int, str]]:
    """By row and column, or by column and row."""
    lines: dict[int, dict[int, str]] = {}
    for at, found in cells.items():
        lines.setdefault(at[way], {})[at[1 - way]] = found
    return lines


def _aligned(was: Mapping[int, Mapping[int, str]], now: Mapping[int, Mapping[int, str]], spare: int) -> Shift:
    """The shift of each line by which most is found again, with as few changes of it as that needs."""
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


def _block(old: Labels, new: Labels, free: Collection[At]) -> MovedBlock | None:
    """The largest block that stands elsewhere now: by one offset, most of what is not where it was is found again."""
    lost = {at: label for at, label in old.items() if new.get(at) != label and at not in free}
    places: dict[str, list[At]] = {}
    for at, label in new.items():
        if old.get(at) != label:
            places.setdefault(label, []).append(at)
    offsets: Counter[At] = Counter()
    for at, label in lost.items():
        there = places.get(label, ())
        offsets.update((to[0] - at[0], to[1] - at[1]) for to in there if len(there) <= MOST_ALIKE)
    if not offsets:
        return None
    (down, right), count = offsets.most_common(1)[0]
    cells = [at for at, label in lost.items() if new.get((at[0] + down, at[1] + right)) == label]
    rows, columns = [at[0] for at in cells], [at[1] for at in cells]
    area = _widened(Area("", min(rows), min(columns), max(rows), max(columns)), down, right, old, new)
    still = sum(_holds(area, at) and new.get(at) == label for at, label in old.items())
    return None if count < LEAST or still > count / 4 else MovedBlock(area, down, right)


def _widened(area: Area, down: int, right: int, old: Labels, new: Labels) -> Area:
    """A block with the lines beside it that are gone, too: what was typed into a blank is no label."""
    _, top, left, bottom, last = area
    beside = (
        area._replace(first_row=top - 1), area._replace(last_row=bottom + 1),
        area._replace(first_col=left - 1), area._replace(last_col=last + 1),
    )  # fmt: skip
    for wider in beside:
        line = [at for at in old if _holds(wider, at) and not _holds(area, at)]
        is_there = any((at[0] + down, at[1] + right) in new for at in line)
        if is_there and not any(at in new for at in line):
            return _widened(wider, down, right, old, new)
    return area


def _put_back(formula: str, sheet: str, moved: Mapping[str, Moved], names: Mapping[str, str]) -> str:
    """A formula as it was before."""

    def area(match: re.Match[str]) -> str:
        prefix, cells = match[0].rpartition("!")[::2]
        now = prefix.strip("'").replace("''", "'") or sheet
        own, how = names.get(now, now), moved.get(now)
        cells = _CELL.sub(lambda cell: _put_back_cell(cell, how), cells) if how else cells
        quoted = "'" + own.replace("'", "''") + "'!"
        return f"{quoted}{cells}" if prefix and own != now else f"{prefix}{'!' * bool(prefix)}{cells}"

    pieces = _TEXT.split(formula)
    return "".join(CELLS.sub(area, piece) if k % 2 == 0 else piece for k, piece in enumerate(pieces))


def _put_back_cell(cell: re.Match[str], how: Moved) -> str:
    try:
        row, col = how.back(place_of(f"{cell[2]}{cell[4]}".upper()))
    except ValueError:
        return cell[0]
    letters = name_of(1, col).rstrip("1")
    return f"{cell[1]}{letters}{cell[3]}{row}"


def is_there(at: At) -> bool:
    """Whether a cell stands where it was, and not in a row or a column that is new."""
    return at[0] < SPARE_ROW and at[1] < SPARE_COLUMN
