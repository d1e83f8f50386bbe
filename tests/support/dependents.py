"""Which formulas of a file hang on a cell: what a spreadsheet computes anew when the cell changes.

    >>> len(Walk("net.xlsx").from_cell("step"))

Whatever a formula names counts, also within the branch of an IF that is not taken, and every cell of a range of which
INDEX takes one: a spreadsheet sees no more. None of the project's own code.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from lxml import etree
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_to_tuple

from tests.support.engines import sheet_parts

Cell = tuple[str, int, int]
"""Sheet, row, column."""
FEW = 32
"""A range of so many cells or fewer is looked up by each of its cells."""
_LITERAL = re.compile(r'"(?:[^"]|"")*"')
_REFERENCE = re.compile(
    r"(?:'((?:[^']|'')+)'!)?(?<![\w.$])(\$?)([A-Z]{1,3})(\$?)(\d+)(?::(\$?)([A-Z]{1,3})(\$?)(\d+))?(?![\w(.!])"
)
_NAME = re.compile(r"(?<![\w.'$!])([A-Za-z_][\w.]*)(?![\w.(!'])")


class Area(NamedTuple):
    """A rectangle of cells of a sheet, from its first row and column to its last."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    def cells(self) -> Iterator[Cell]:
        """Every cell of it."""
        return ((self.sheet, row, col) for row in range(self.top, self.bottom + 1)
                for col in range(self.left, self.right + 1))  # fmt: skip


class Walk:
    """The formulas of a workbook, by the cells that they read; made once where several cells are asked for."""

    def __init__(self, path: Path | str) -> None:
        with zipfile.ZipFile(path) as workbook:
            root = etree.fromstring(workbook.read("xl/workbook.xml"))
            self.names = {item.get("name").lower(): item.text or "" for item in root.iter("{*}definedName")}
            self._by_cell: dict[Cell, list[Cell]] = defaultdict(list)
            self._by_area: dict[Area, list[Cell]] = defaultdict(list)
            self.formulas: Counter[str] = Counter()
            self.reads: dict[Cell, list[Area]] = defaultdict(list)
            """What the formula of each cell names."""
            for sheet, part in sheet_parts(workbook).items():
                for place, area in self._read(sheet, workbook.read(part)):
                    self.reads[place].append(area)
                    if (area.bottom - area.top + 1) * (area.right - area.left + 1) <= FEW:
                        for each in area.cells():
                            self._by_cell[each].append(place)
                    else:
                        self._by_area[area].append(place)

    def _read(self, sheet: str, xml: bytes) -> Iterator[tuple[Cell, Area]]:
        shared = {}
        root = etree.fromstring(xml, etree.XMLParser(huge_tree=True))
        for item in root.iter("{*}f"):
            row, col = coordinate_to_tuple(item.getparent().get("r"))
            self.formulas[sheet] += 1
            number = item.get("si")
            if number is None or item.text:
                found = list(dict.fromkeys(self._areas(item.text or "", sheet)))
                if number is not None:
                    shared[number] = (row, col, found)
                down, right = 0, 0
            else:
                first_row, first_col, found = shared[number]
                down, right = row - first_row, col - first_col
            for area, fixed in found:
                moves = (down, right, down, right)
                ends = [at + (0 if is_fixed else by) for at, is_fixed, by in zip(area[1:], fixed, moves, strict=True)]
                yield (sheet, row, col), Area(area.sheet, *ends)

    def _areas(self, formula: str, home: str) -> Iterator[tuple[Area, tuple[bool, bool, bool, bool]]]:
        """The cells that a formula names, and which ends of each rectangle are fixed."""
        formula = _LITERAL.sub('""', formula)
        for found in _REFERENCE.finditer(formula):
            sheet, *ends = found.groups()
            own = sheet.replace("''", "'") if sheet else home
            first, last = ends[:4], ends[4:] if ends[5] else ends[:4]
            corners = [(int(each[3]), column_index_from_string(each[1])) for each in (first, last)]
            yield (
                Area(own, *corners[0], *corners[1]),
                (bool(first[2]), bool(first[0]), bool(last[2]), bool(last[0])),
            )
        for name in _NAME.findall(_REFERENCE.sub(" ", formula)):
            target = self.names.get(name.lower())
            if target and name.lower() not in ("true", "false"):
                yield from self._areas(target, home)

    def from_cell(self, cell: str | tuple[str, str]) -> set[Cell]:
        """The formulas that hang on a cell, each by its sheet, row and column: those that read it, or read those, …

        The cell is a defined name, or a sheet and a cell: ("Start", "BE1").
        """
        if isinstance(cell, str):
            [(start, _)] = self._areas(self.names[cell.lower()], "")
        else:
            [(start, _)] = self._areas(cell[1], cell[0])
        waiting: dict[str, list[Area]] = defaultdict(list)
        for area in self._by_area:
            waiting[area.sheet].append(area)
        ends = {sheet: np.array([area[1:] for area in areas]) for sheet, areas in waiting.items()}
        reached: set[Cell] = set()
        wave = set(start.cells())
        while wave:
            found = {reader for each in wave for reader in self._by_cell.get(each, ())}
            for sheet in {sheet for sheet, _, _ in wave} & ends.keys():
                hit = _holds_any(ends[sheet], np.array([each[1:] for each in wave if each[0] == sheet]))
                found.update(reader for k in np.flatnonzero(hit) for reader in self._by_area[waiting[sheet][k]])
                waiting[sheet] = [area for area, is_hit in zip(waiting[sheet], hit, strict=True) if not is_hit]
                ends[sheet] = ends[sheet][~hit]
            wave = found - reached
            reached |= wave
        return reached


def _holds_any(areas: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Which rectangles hold one of the cells."""
    hit = np.zeros(len(areas), dtype=bool)
    for row, col in cells:
        top, left, bottom, right = areas.T
        hit |= (top <= row) & (row <= bottom) & (left <= col) & (col <= right)
        if hit.all():
            break
    return hit
