"""Which cells of a network depend on which: cell by cell, or tensor by tensor where it is large.

The graph of `spreadsheet_autograd` refuses networks as large as these, and this one needs no formula to be parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeVar

import numpy as np

from excel_export.compiler.place.emit import Contents
from excel_export.formulas import Expression, Grid, Reference, unravelled
from excel_export.formulas.analysis.elements import cells_of, plain
from excel_export.shared.grouped import grouped

Item = TypeVar("Item")
MOST_CELLS = 20_000
"""Of a network with more formulas, a few of each tensor tell what all read."""


class DependencyGraph:
    """Which cells, and which grids, depend on which."""

    def __init__(self, contents: Contents) -> None:
        self._formulas = {grid: item for grid, item in contents.items() if isinstance(item, Expression)}
        self.is_large = sum(int(np.prod(grid.shape, dtype=int)) for grid in self._formulas) > MOST_CELLS
        self._grids_read: dict[Grid, set[Grid]] = {}
        self._cells_read: dict[Reference, list[Reference]] = {}
        self._by_sheet = grouped(self._formulas, lambda grid: grid.sheet)

    def precedents(self, cell: Reference) -> set[Reference]:
        """All cells that a cell's formula depends on; in a large network, all in the tensors that it depends on."""
        if not self.is_large:
            return _closure(cell, self.reads)
        grids = set[Grid]().union(*(_closure(own, self._reads) for own in self._at(cell)))
        return {each for grid in grids for each in grid.relative.box.each()}

    def dependents(self, cell: Reference) -> tuple[set[Reference], list[Reference]]:
        """All cells whose formulas depend on a cell, and those that read it themselves."""
        if not self.is_large:
            return _closure(cell, lambda each: self._read_by.get(each, ())), self._read_by.get(cell, [])
        own = set(self._at(cell))
        behind = [grid for grid in self._formulas if own & _closure(grid, self._reads)]
        near = [grid for grid in behind if own & self._reads(grid)]
        readers = [at for grid in near for at, index in _cells(grid) if cell in cells_of(self._formulas[grid], index)]
        return {each for grid in behind for each in grid.relative.box.each()}, readers

    def reads(self, cell: Reference) -> list[Reference]:
        """The cells that a cell's own formula reads."""
        if cell not in self._cells_read:
            if self.is_large:
                found = next(((grid, k) for grid in self._at(cell) for at, k in _cells(grid) if at == cell), None)
            else:
                found = self._elements.get(cell)
            self._cells_read[cell] = cells_of(self._formulas[found[0]], found[1]) if found else []
        return self._cells_read[cell]

    @cached_property
    def _elements(self) -> dict[Reference, tuple[Grid, tuple[int, ...]]]:
        return {at: (grid, index) for grid in self._formulas for at, index in _cells(grid)}

    @cached_property
    def _read_by(self) -> dict[Reference, list[Reference]]:
        found: dict[Reference, list[Reference]] = {}
        for cell in self._elements:
            for each in self.reads(cell):
                found.setdefault(each, []).append(cell)
        return found

    def _reads(self, grid: Grid) -> set[Grid]:
        """The grids that a grid's formulas read, as its first, its middle and its last one tell."""
        if grid not in self._grids_read:
            size = int(np.prod(grid.shape, dtype=int))
            few = sorted({0, size // 2, size - 1}) if size else ()
            cells = {
                plain(cell) for k in few for cell in cells_of(self._formulas[grid], unravelled(k, tuple(grid.shape)))
            }
            self._grids_read[grid] = {found for cell in cells for found in self._at(cell)}
        return self._grids_read[grid]

    def _at(self, cell: Reference) -> Iterator[Grid]:
        for grid in self._by_sheet.get(cell.sheet, ()):
            if grid.row <= cell.row < grid.row + grid.height and grid.col <= cell.col < grid.col + grid.width:
                yield grid


def _cells(grid: Grid) -> Iterator[tuple[Reference, tuple[int, ...]]]:
    """The cells of a grid, each with its index."""
    relative = grid.relative
    return ((relative.at(*index), index) for index in np.ndindex(grid.shape))


def _closure(start: Item, reads: Callable[[Item], Iterable[Item]]) -> set[Item]:
    """All that is read, by what is read, and so on; the start only where it reads itself."""
    found: set[Item] = set()
    waiting = [start]
    while waiting:
        new = [each for each in reads(waiting.pop()) if each not in found]
        found.update(new)
        waiting += new
    return found
