"""The Lens of a workbook as a person reads it, and what its hidden columns say about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from excel_export.sheets.inputs.inputs_in_use import IN_USE
from excel_export.sheets.lens import desk
from excel_export.sheets.lens.layout import (
    ARITHMETIC,
    CHOICE,
    CHOICES,
    HEADS,
    HIDDEN,
    MADE,
    MAPS,
    MET,
    PATHS,
    ROWS,
    SIDE,
    STEP,
    TARGET,
)
from excel_export.sheets.lens.layout import INPUT as IN
from excel_export.xlsx.index import AFTER
from excel_export.xlsx.read import read_index
from tests.support.cells import cell
from tests.support.engines import Recalculated
from tests.support.live import Place

SHEET = "Lens"
MAP_COLUMNS = {"in": IN, "met": MET, "out": MADE}
SHEET_CODE, ROW_CODE, NO_CODE = 2**34, 2**14, 5 * 10**14


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
        self.sheets = [next(iter(self.entries.values())).sheet, "Lens factors", "Update", "Inputs in use"]
        self.fields: dict[str, Place] = {}
        row = desk.FIRST_ROW
        while what := reader.value((SHEET, cell(row, HIDDEN))):
            self.fields[str(what)] = (SHEET, cell(row, HIDDEN + 1))
            row += 1
        self.columns: dict[str, int] = {}
        empty, col = 0, HIDDEN + 2
        while empty < 2 * SIDE:
            what = reader.value((SHEET, cell(desk.FIRST_ROW - 1, col)))
            empty = 0 if what else empty + 1
            if what:
                self.columns[str(what)] = col
            col += 1

    @property
    def step_cell(self) -> Place:
        """Where the step is chosen."""
        return SHEET, cell(STEP, IN + 2)

    @property
    def rank(self) -> int:
        """How many indices there are to choose."""
        return min(len(CHOICES), sum(name.startswith("size ") for name in self.fields))

    @property
    def index_cells(self) -> list[Place]:
        """Where the element is chosen: its last indices."""
        return [(SHEET, cell(CHOICE, col + 3)) for col in CHOICES[len(CHOICES) - self.rank :]]

    @property
    def tensor_cell(self) -> Place:
        """Where the tensor is chosen."""
        return SHEET, cell(CHOICE, TARGET + 3)

    def of_code(self, code: float) -> Place:
        """The cell that a code stands for."""
        sheet, within = divmod(int(code), SHEET_CODE)
        return self.sheets[sheet], cell(*divmod(within, ROW_CODE))

    def at(self, key: str, *index: int) -> Place:
        """The cell of an element."""
        grid = self.entries[key]
        return grid.sheet, cell(int(grid.rows[index]), int(grid.cols[index]))


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

    def known(self, code: float) -> list[Known]:
        """The elements that the cell of a code holds: several where a tensor has several names."""
        return self.places.cells.get(self.places.of_code(code), [])

    @cached_property
    def made(self) -> list[Known]:
        """The element that comes out."""
        return self.known(self.field("code"))

    @cached_property
    def terms(self) -> list[tuple[float, float, float, float]]:
        """What it is made of: for each the code and the number of a cell, and those of its factor."""
        count = int(self.field("terms"))
        columns = [self._column(name, count) for name in ("cell", "x", "factor", "w")]
        return list(zip(*columns, strict=True))

    def _column(self, name: str, count: int) -> list[float]:
        col = self.places.columns[name]
        values = [self.reader.value((SHEET, cell(desk.FIRST_ROW + k, col))) for k in range(count)]
        assert all(isinstance(value, (int, float)) for value in values), (name, values)
        return values

    def square(self, name: str) -> list[list[object]]:
        """A square of the hidden columns."""
        return self._area(desk.FIRST_ROW, self.places.columns[name])

    def map(self, which: str) -> list[list[object]]:
        """The numbers of a map, as they are shown: in its unit."""
        return self._area(MAPS, MAP_COLUMNS[which])

    def head(self, which: str) -> str:
        """What stands above a map."""
        return str(self.reader.value((SHEET, cell(HEADS, MAP_COLUMNS[which]))))

    def _area(self, row: int, col: int) -> list[list[object]]:
        return [[self.reader.value((SHEET, cell(row + k, col + n))) for n in range(SIDE)] for k in range(ROWS)]

    @property
    def line(self) -> str:
        """The arithmetic of the element."""
        return str(self.reader.value((SHEET, cell(ARITHMETIC, IN))))

    @property
    def paths(self) -> str:
        """What a gradient is made of."""
        return str(self.reader.value((SHEET, cell(PATHS, IN))) or "")
