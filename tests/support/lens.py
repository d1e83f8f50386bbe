"""The Lens of a workbook as a person reads it, and what its hidden columns say about it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from excel_export.sheets.inputs.inputs_in_use import IN_USE
from excel_export.sheets.lens import choices, lens_layout, scratch_columns
from excel_export.sheets.lens.packed_addresses import ROW, SHEET
from excel_export.sheets.lens.selection import KEY, NOTHING
from excel_export.sheets.names import LENS_STEP
from excel_export.views.groups import COLUMNS, ROWS
from excel_export.views.slots import COUNT
from excel_export.workbook.read import AFTER, read_index
from tests.support.cells import cell
from tests.support.engines import Recalculated, sheet_parts
from tests.support.live import Place
from tests.support.shown_digits import numbers_in

LOOKED_INTO = ("Lens factors", "Update", "Inputs in use")


class Reader(Protocol):
    """Whatever holds the values of a workbook's cells."""

    def value(self, target: Place) -> object:
        """The value of a cell."""


class Frozen:
    """A workbook that an engine has computed, read like a live one."""

    def __init__(self, found: Recalculated) -> None:
        self._found = found

    def value(self, target: Place) -> object:
        """The value of a cell."""
        return self._found.value(*target)


@dataclass(frozen=True)
class Known:
    """An element of a tensor: its key in `read_tensors` or 'after.' + that of a parameter."""

    key: str
    index: tuple[int, ...]


class Places:
    """Where everything is: which element of which tensor each cell holds, and the cells of the Lens."""

    step_cell: Place = (lens_layout.NAME, cell(LENS_STEP.row, LENS_STEP.col))
    part_cell: Place = (lens_layout.NAME, cell(lens_layout.HEAD, choices.PART_COL))
    story_cell: Place = (lens_layout.NAME, cell(lens_layout.HEAD, lens_layout.MODE_COL))
    tensor_cell: Place = (lens_layout.NAME, cell(lens_layout.CHOICE, choices.TARGET_COL))

    def __init__(self, path: Path, reader: Reader) -> None:
        self.cells: dict[Place, list[Known]] = {}
        self.entries = {}
        for entry in read_index(path):
            key = f"after.{entry.key}" if entry.what == AFTER else entry.key
            if entry.what != IN_USE:
                self.entries[key] = entry.grid
            for index in np.ndindex(*entry.grid.shape):
                at = (entry.grid.sheet, cell(int(entry.grid.rows[index]), int(entry.grid.cols[index])))
                self.cells.setdefault(at, []).append(Known(key, index))
        with zipfile.ZipFile(path) as workbook:
            names = [*sheet_parts(workbook)]
        network = next(iter(self.entries.values())).sheet
        self.sheets = [network, *(name for name in LOOKED_INTO if name in names)]
        self.fields: dict[str, Place] = {}
        row = scratch_columns.FIRST_ROW
        while what := reader.value((lens_layout.NAME, cell(row, lens_layout.HIDDEN))):
            self.fields[str(what)] = (lens_layout.NAME, cell(row, lens_layout.HIDDEN + 1))
            row += 1
        self.columns: dict[str, int] = {}
        empty, col = 0, lens_layout.HIDDEN + 3
        while empty <= lens_layout.LAST:  # the widest room
            what = reader.value((lens_layout.NAME, cell(scratch_columns.FIRST_ROW - 1, col)))
            empty = 0 if what else empty + 1
            if what:
                self.columns[str(what)] = col
            col += 1

    @property
    def rank(self) -> int:
        """How many indices there are to choose."""
        return min(choices.MOST_INDICES, sum(name.startswith("size ") for name in self.fields))

    @property
    def index_cells(self) -> list[Place]:
        """Where the element is chosen: its last indices."""
        return [
            (lens_layout.NAME, cell(lens_layout.CHOICE, choices.choice_col(k))) for k in range(choices.MOST_INDICES)
        ][-self.rank :]

    @property
    def group_cell(self) -> Place:
        """Where the group is chosen that is open."""
        return lens_layout.NAME, cell(lens_layout.CHOICE, choices.choice_col(choices.MOST_INDICES))

    def of_address(self, address: float) -> Place:
        """The cell that a code stands for."""
        sheet, within = divmod(int(address), SHEET)
        return self.sheets[sheet], cell(*divmod(within, ROW))

    def known_at(self, place: Place) -> list[Known]:
        """The elements that a cell holds: several where a tensor has several names."""
        return self.cells.get(place, [])

    def at(self, key: str, *index: int) -> Place:
        """The cell of an element."""
        grid = self.entries[key]
        return grid.sheet, cell(int(grid.rows[index]), int(grid.cols[index]))


@dataclass(frozen=True)
class Line:
    """A cell that the element reads, the factor that it meets there, their product, and its group."""

    cell: float
    factor: float
    group: float
    product: float

    @property
    def adds(self) -> bool:
        """Whether it is one of the products; others are only marked."""
        return self.group >= 0


@dataclass(frozen=True)
class ShownLine:
    """A line whose numbers are shown: that of its cell, of its factor, and where each is to be seen."""

    line: float
    """Its number among all lines, from 1 on."""
    cell: float
    x: float
    factor: float
    w: float
    product: float
    key: float
    factor_key: float
    """A slot, from 1 on, and a place in it."""
    product_place: float
    """The place of the product, where it is one."""

    @property
    def slots(self) -> list[tuple[float, float]]:
        """Each cell that it reads, and its slot, from 1 on; 0 where it has none."""
        return [(self.cell, max(0, self.key // KEY)), (self.factor, max(0, self.factor_key // KEY))]


@dataclass
class Shown:
    """What the Lens shows now."""

    reader: Reader
    places: Places

    def field(self, name: str) -> float:
        """A number of the hidden columns."""
        value = self.reader.value(self.places.fields[name])
        assert isinstance(value, (int, float)), f"{name} is {value!r}"
        return float(value)

    def text(self, name: str) -> str:
        """A text of the hidden columns."""
        return str(self.reader.value(self.places.fields[name]) or "")

    def known(self, address: float) -> list[Known]:
        """The elements that the cell of a code holds: several where a tensor has several names."""
        return self.places.known_at(self.places.of_address(address))

    def number(self, address: float) -> float:
        """What the cell of a code holds; an empty one counts as 0."""
        return float(self.reader.value(self.places.of_address(address)) or 0)  # type: ignore[arg-type]

    @cached_property
    def made(self) -> list[Known]:
        """The element that comes out."""
        return self.known(self.field("code"))

    @cached_property
    def lines(self) -> list[Line]:
        """What it is made of."""
        count = int(self.field("lines"))
        columns = [self.column(name)[:count] for name in ("cell", "factor", "group", "w · x")]
        return [Line(*values) for values in zip(*columns, strict=True)]

    @cached_property
    def shown_lines(self) -> list[ShownLine]:
        """The lines of the group that is open, and what only conditions read."""
        names = ("line", "shown cell", "x", "shown factor", "w", "product")
        columns = [self.column(name) for name in names]
        count = len(columns[0])
        keys = self.column("slot and place")
        rows = zip(*columns, keys[:count], keys[count : 2 * count], self.column("place of the product"), strict=True)
        return [ShownLine(*row) for row in rows if row[0]]

    def column(self, name: str) -> list[float]:
        """A column of numbers of the hidden columns."""
        col, values = self.places.columns[name], []
        while isinstance(
            value := self.reader.value((lens_layout.NAME, cell(scratch_columns.FIRST_ROW + len(values), col))),
            (int, float),
        ):
            values.append(float(value))
        return values

    def rectangle(self, name: str, rows: int = ROWS, columns: int = COLUMNS) -> list[list[object]]:
        """A rectangle of the hidden columns."""
        return self._area(scratch_columns.FIRST_ROW, self.places.columns[name], rows, columns)

    def picture(self, number: int, rows: int, columns: int) -> list[list[object]]:
        """What stands in the squares of a slot's picture."""
        return self._area(lens_layout.PICTURE, lens_layout.slot(number), rows, columns)

    def numbers(self, number: int) -> list[list[str]]:
        """The large numbers of a slot, as they are spelled."""
        area = self._area(lens_layout.NUMBERS, lens_layout.slot(number), ROWS, COLUMNS, lens_layout.NUMBER)
        return [[str(text or "").strip() for text in line] for line in area]

    def listed(self, number: int) -> set[float]:
        """The cells whose numbers a slot shows large."""
        return {address for row in self.rectangle(f"slot {number + 1}: shown") for address in row if address != NOTHING}  # type: ignore[misc]

    def head(self, number: int) -> str:
        """What stands above the picture of a slot."""
        return str(self.reader.value((lens_layout.NAME, cell(lens_layout.HEADS, lens_layout.slot(number)))) or "")

    def _area(self, row: int, col: int, rows: int, columns: int, pitch: int = 1) -> list[list[object]]:
        at = [[(lens_layout.NAME, cell(row + k, col + n * pitch)) for n in range(columns)] for k in range(rows)]
        return [[self.reader.value(place) for place in line] for line in at]

    @cached_property
    def panel(self) -> set[str]:
        """The numbers that the panel at the left shows, without their signs."""
        rows = [
            row
            for row in range(lens_layout.HEAD, lens_layout.CHOICE + 1)
            if not lens_layout.PICTURE <= row < lens_layout.NUMBERS
        ]
        at = [
            (lens_layout.NAME, cell(row, col))
            for row in rows
            for col in range(lens_layout.STORY, lens_layout.STORY + lens_layout.STORY_WIDTH)
        ]
        texts = [self.reader.value(place) for place in at]
        return {each for text in texts for each in numbers_in(text if isinstance(text, str) else plain(text))}

    @property
    def line(self) -> str:
        """The arithmetic of the element."""
        return str(self.reader.value((lens_layout.NAME, cell(lens_layout.LINE, lens_layout.MAIN))))

    @property
    def part_line(self) -> str:
        """The arithmetic of the group that is open, or what the gradient means."""
        return str(self.reader.value((lens_layout.NAME, cell(lens_layout.PART, lens_layout.MAIN))) or "")

    @property
    def said(self) -> str:
        """What is said of a gradient."""
        return self.text("what it means")


def plain(number: object) -> str:
    """A number as a cell without a format shows it, but for powers of ten."""
    return f"{number:.12f}".rstrip("0").rstrip(".") if isinstance(number, (int, float)) else ""


SLOTS = range(COUNT)
assert KEY > ROWS * COLUMNS
