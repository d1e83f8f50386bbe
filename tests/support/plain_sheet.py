"""A recording as one plain sheet: block below block, each number that is needed in a cell of its own.

A stand-in for the places that people see: with it, what was recorded can be held against PyTorch in an engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from openpyxl import Workbook
from torch.utils._pytree import tree_flatten, tree_map

from excel_export.formulas import Expression, Grid, Reference, as_expression, table
from excel_export.recorder.recorder import AtenCall, Numbers, Recording
from excel_export.recorder.rows import ROWS, Cells
from excel_export.recorder.rows.linear import LINEAR, by_basis
from excel_export.recorder.rows.table import READ_RESULTS

SHEET = "Network"


class View(Cells):
    """The cells of numbers: a grid where they lie regularly, else references, and a grid of copies if asked."""

    def __init__(self, sheet: PlainSheet, given: Numbers) -> None:
        self.sheet, self.ids = sheet, given.ids
        data = sheet.recording.ids.values[given.ids]
        is_whole = not (given.dtype.is_floating_point)
        super().__init__("", data.astype(np.int64) if is_whole else data, None)  # type: ignore[arg-type]
        self.is_truth = given.dtype is torch.bool
        self.is_fixed = not sheet.recording.ids.is_live[given.ids].any()

    @property
    def value(self) -> Grid:
        return self._grid or self._copied

    @value.setter
    def value(self, grid: Grid | None) -> None:
        self._grid = self.sheet.regular(self.ids)

    @cached_property
    def _copied(self) -> Grid:
        return self.sheet.copies(self.ids)

    @property
    def cells(self) -> Expression:
        return self._grid.cells if self._grid else self.sheet.references(self.ids)


class PlainSheet:
    """The cells of a recording: `contents` by (row, column), numbers and formulas."""

    def __init__(self, recording: Recording, wanted: Iterable[np.ndarray]) -> None:
        """Take a recording, and the ids that are read from the sheet; calls that lead to none of them are left out."""
        self.recording = recording
        self.contents: dict[tuple[int, int], float | str] = {}
        self._rows = np.zeros(len(recording.ids.values), dtype=np.int64)
        self._cols = np.zeros(len(recording.ids.values), dtype=np.int64)
        self._next = 1
        calls = self._needed(wanted)
        made = {call.results[0].ids.flat[0]: call for call in calls}
        for block in recording.ids.blocks:
            ids = np.arange(block.first, block.first + block.size)
            if block.kind != "result" and self._is_needed[ids].any():
                self._place(ids.reshape(block.shape))
                self.contents |= {self.at(k): float(recording.ids.values[k]) for k in ids}
        for call in made.values():
            for result in call.results:
                self._place(result.ids)
            self._write(call)

    def at(self, id_: int) -> tuple[int, int]:
        """The row and the column of a number."""
        return int(self._rows[id_]), int(self._cols[id_])

    def _needed(self, wanted: Iterable[np.ndarray]) -> list[AtenCall]:
        needed = self._is_needed = np.zeros(len(self.recording.ids.values), dtype=bool)
        for ids in wanted:
            needed[ids] = True
        found = []
        for call in reversed(self.recording.calls):
            if any(needed[result.ids].any() for result in call.results):
                found.append(call)
                for item in tree_flatten((call.args, call.kwargs))[0]:
                    if isinstance(item, Numbers):
                        needed[item.ids] = True
        return found[::-1]

    def _place(self, ids: np.ndarray) -> Grid:
        lead = ids.shape[:-1]
        rows = math.prod(lead)
        strides = [math.prod(lead[k + 1 :]) for k in range(len(lead))]
        down, right = ((*strides, 0), (*[0] * len(lead), 1)) if ids.shape else ((), ())
        grid = Grid(SHEET, self._next, 2, ids.shape, down, right)
        self._rows[ids], self._cols[ids] = grid.rows, grid.cols
        self._next += rows + 1
        return grid

    def regular(self, ids: np.ndarray) -> Grid | None:
        """The grid of numbers that lie regularly; None for others."""
        if not ids.size or (ids == 0).any():
            return None
        rows, cols = self._rows[ids], self._cols[ids]
        strides: list[tuple[int, int]] = []
        for axis, size in enumerate(ids.shape):
            if size == 1:
                strides.append((0, 0))
                continue
            at = [0] * ids.ndim
            at[axis] = 1
            strides.append((int(rows[tuple(at)] - rows.flat[0]), int(cols[tuple(at)] - cols.flat[0])))
        if any(step < 0 for pair in strides for step in pair):
            return None
        down, right = ([pair[k] for pair in strides] for k in (0, 1))
        grid = Grid(SHEET, int(rows.flat[0]), int(cols.flat[0]), ids.shape, tuple(down), tuple(right))
        return grid if (grid.rows == rows).all() and (grid.cols == cols).all() else None

    def references(self, ids: np.ndarray) -> Expression:
        """References to numbers that lie anywhere; 0 for id 0."""

        def one(*index: int) -> Any:
            k = int(ids[index])
            return Reference(SHEET, *self.at(k)) if k else 0

        return table(ids.shape, one)

    def copies(self, ids: np.ndarray) -> Grid:
        """Cells of their own that repeat numbers, side by side."""
        saved = self._rows.copy(), self._cols.copy()
        formulas = self.references(ids)
        grid = self._place(ids)
        self._rows, self._cols = saved
        self._fill(grid, formulas)
        return grid

    def _fill(self, grid: Grid, formulas: Any) -> None:
        whole = as_expression(formulas)
        if whole.shape != grid.shape and math.prod(whole.shape) == math.prod(grid.shape):
            whole = whole.reshape(*grid.shape)
        texts = whole.in_shape(grid.shape).texts(SHEET)
        for index in np.ndindex(grid.shape):
            cell = grid.at(*index)
            self.contents[cell.row, cell.col] = f"={texts[index]}"

    def _write(self, call: AtenCall) -> None:
        def view(item: Any) -> Any:
            return View(self, item) if isinstance(item, Numbers) else item

        results = [View(self, each) for each in call.results]
        if call.name in LINEAR:
            plain = tree_map(self._plain, (call.args[1:], call.kwargs))
            made = by_basis(call.function, view(call.args[0]), *plain)
        else:
            args, kwargs = tree_map(view, (call.args, call.kwargs))
            read = results if call.name in READ_RESULTS else []
            made = ROWS[call.name](*read, *args, **kwargs)
        several = [each for each in (made if isinstance(made, tuple) else (made,)) if each is not None]
        for result, formulas in zip(results, several, strict=True):
            if result.ids.size:
                self._fill(result.value, formulas)

    def _plain(self, item: Any) -> Any:
        return torch.from_numpy(self.recording.ids.values[item.ids]) if isinstance(item, Numbers) else item

    def save(self, path: Path, edits: Mapping[int, float]) -> int:
        """Write the workbook with some numbers changed, by id; return how many formulas it has."""
        workbook = Workbook()
        sheet = workbook.active
        sheet.title = SHEET
        typed = {self.at(k): float(new) for k, new in edits.items()}
        for at, content in self.contents.items():
            sheet.cell(*at, typed.get(at, content))
        workbook.save(path)
        return sum(isinstance(each, str) for each in self.contents.values())
