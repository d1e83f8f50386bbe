"""Rows and columns that somebody inserted or deleted, and sheets with another name: followed back to where all was.

What was handed out holds labels and numbers. The shift by which most of them are found again is the one that happened.
Then each cell, and each reference in a formula, is put where it belongs. What stands in a new row or column is kept far
away, since an answer may read it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from excel_classroom.grading.template import Cells
from excel_classroom.similarity.normal_form import canonical
from excel_export.shared.a1_notation import CELLS
from excel_export.shared.cells import name_of, place_of
from excel_export.workbook.contents import Cell, Submission

FARTHEST, SWITCH, LEAST = 6, 1.5, 3
"""By so many rows or columns a shift may go; another shift must find so many cells more; and one at all so many."""
SPARE_ROW, SPARE_COLUMN = 900_000, 12_000
LARGEST = 2_000
"""Of longer sheets, no shift is looked for."""
_TEXT = re.compile(r'("(?:[^"]|"")*")')
_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]{0,6})", re.I)
Labels = Mapping[int, Mapping[int, object]]
"""By row and column, or by column and row: what can be found again."""


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

    def words(self, kind: str) -> list[str]:
        """What was inserted or deleted, in words."""
        inserted = [line for line in range(1, max(self._was, default=0)) if line not in self._was]
        said = [f"{kind} {_name(kind, line)} was inserted" for line in inserted]
        return said + [f"{kind} {_name(kind, line)} was deleted" for line in self._gone]


def _name(kind: str, line: int) -> str:
    return name_of(1, line).rstrip("1") if kind == "column" else str(line)


def followed(handed_in: Submission, handout: Submission, closed: Collection[str]) -> tuple[Submission, list[str]]:
    """Put back what was moved, and say what it was; nothing where all is where it was, or can't be found.

    Args:
        handed_in: the file.
        handout: what was handed out.
        closed: sheets with answers, none of which is one that was handed out with another name.
    """
    names = _names(handed_in, handout, closed)
    said = [f"the sheet '{own}' has the name '{now}'" for now, own in names.items() if now != own]
    shifts: dict[str, tuple[Shift, Shift]] = {}
    for now, own in names.items():
        rows, cols = _shift_of(handout.sheets[own], handed_in.sheets[now])
        shifts[now] = rows, cols
        words = [*rows.words("row"), *cols.words("column")]
        said += [f"{each} on the sheet '{own}'" for each in words]
    if not said:
        return handed_in, []

    def put_back(formula: str, sheet: str) -> str:
        return _put_back(formula, sheet, shifts, names)

    sheets = {}
    for now, cells in handed_in.sheets.items():
        moved = {
            _place(at, shifts.get(now)): cell._replace(formula=put_back(cell.formula, now)) if cell.formula else cell
            for at, cell in cells.items()
        }
        sheets[names.get(now, now)] = moved
    defined = {name: put_back(target, "") for name, target in handed_in.names.items()}
    return replace(handed_in, sheets=sheets, names=defined), said


def _names(handed_in: Submission, handout: Submission, closed: Collection[str]) -> dict[str, str]:
    """By the names of sheets now, what they were called."""
    names = {name: name for name in handout.sheets if name in handed_in.sheets}
    for lost in handout.sheets.keys() - names.keys():
        labels = Counter(filter(None, map(_given_label, handout.sheets[lost].values())))
        others = [name for name in handed_in.sheets if name not in names and name not in closed]
        alike = {name: _in_common(labels, handed_in.sheets[name]) for name in others}
        best = max(alike, key=alike.__getitem__, default=None)
        if best is not None and alike[best] >= max(LEAST, labels.total() / 2):
            names[best] = lost
    return names


def _in_common(labels: Counter[str], cells: Cells) -> int:
    return (labels & Counter(filter(None, map(_label, cells.values())))).total()


def _given_label(cell: Cell) -> str:
    """By what a cell that was handed out can be found again; '' by nothing."""
    return f"{cell.value:.10g}" if isinstance(cell.value, float) else _label(cell)


def _label(cell: Cell) -> str:
    """The same of a cell that was handed in: a formula without its cells, a number, or a text."""
    if cell.formula:
        return "=" + CELLS.sub("@", canonical(cell.formula))
    return f"{cell.value:.10g}" if isinstance(cell.value, float) else str(cell.value or "").strip()


def _shift_of(was: Cells, now: Cells) -> tuple[Shift, Shift]:
    """How the rows and the columns of a sheet moved."""
    old = {at: label for at, cell in was.items() if (label := _given_label(cell))}
    new = {at: label for at, cell in now.items() if (label := _label(cell))}
    rows = _aligned(_lines(old, 0), _lines(new, 0), SPARE_ROW)
    back = {at: found for (row, col), found in new.items() for at in [(rows.back(row), col)]}
    return rows, _aligned(_lines(old, 1), _lines(back, 1), SPARE_COLUMN)


def _lines(cells: Mapping[tuple[int, int], object], way: int) -> Labels:
    lines: dict[int, dict[int, object]] = {}
    for at, found in cells.items():
        lines.setdefault(at[way], {})[at[1 - way]] = found
    return lines


def _aligned(was: Labels, now: Labels, spare: int) -> Shift:
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


def _place(at: tuple[int, int], shift: tuple[Shift, Shift] | None) -> tuple[int, int]:
    return (shift[0].back(at[0]), shift[1].back(at[1])) if shift else at


def _put_back(formula: str, sheet: str, shifts: Mapping[str, tuple[Shift, Shift]], names: Mapping[str, str]) -> str:
    """A formula as it was before the shift."""

    def area(match: re.Match[str]) -> str:
        prefix, cells = match[0].rpartition("!")[::2]
        now = prefix.strip("'").replace("''", "'") or sheet
        shift = shifts.get(now)
        own = names.get(now, now)
        cells = _CELL.sub(lambda cell: _moved(cell, shift), cells) if shift else cells
        quoted = "'" + own.replace("'", "''") + "'!"
        return f"{quoted}{cells}" if prefix and own != now else f"{prefix}{'!' * bool(prefix)}{cells}"

    pieces = _TEXT.split(formula)
    return "".join(CELLS.sub(area, piece) if k % 2 == 0 else piece for k, piece in enumerate(pieces))


def _moved(cell: re.Match[str], shift: tuple[Shift, Shift]) -> str:
    try:
        row, col = _place(place_of(f"{cell[2]}{cell[4]}".upper()), shift)
    except ValueError:
        return cell[0]
    letters = name_of(1, col).rstrip("1")
    return f"{cell[1]}{letters}{cell[3]}{row}"


def is_there(at: tuple[int, int]) -> bool:
    """Whether a cell stands where it was, and not in a row or a column that is new."""
    return at[0] < SPARE_ROW and at[1] < SPARE_COLUMN
