"""Which blanks the formula of another depends on: cell by cell, or tensor by tensor where a network is large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np

from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_export.compiler.place.emit import Contents
from excel_export.formulas import Expression, Grid, Reference, unravelled
from excel_export.formulas.analysis.elements import cells_of, plain
from excel_export.shared.grouped import grouped

Item = TypeVar("Item")
MOST_CELLS = 20_000
"""Of a network with more formulas, a few of each tensor tell what all read."""


def dependencies(chosen: Sequence[PossibleBlank], graph: DependencyGraph) -> list[tuple[int, ...]]:
    """Return for each chosen cell the numbers, from 0, of the others that its formula depends on.

    In a large network these are all in the tensors that it depends on.
    """
    precedents = [graph.precedent_cells(each.place) for each in chosen]
    return [
        tuple(j for j, other in enumerate(chosen) if j != k and other.place in precedents[k])
        for k in range(len(chosen))
    ]


class DependencyGraph:
    """Which cells, and which grids, depend on which."""

    def __init__(self, contents: Contents) -> None:
        self._formulas = {grid: item for grid, item in contents.items() if isinstance(item, Expression)}
        self._is_large = sum(int(np.prod(grid.shape, dtype=int)) for grid in self._formulas) > MOST_CELLS
        self._read: dict[Grid, set[Grid]] = {}
        self._cells_read: dict[Reference, list[Reference]] = {}
        self._by_sheet = grouped(self._formulas, lambda grid: grid.sheet)
        small = () if self._is_large else self._formulas
        self._elements = {
            relative.at(*index): (grid, index)
            for grid, relative in ((grid, grid.relative) for grid in small)
            for index in np.ndindex(grid.shape)
        }

    def precedent_grids(self, grid: Grid) -> set[Grid]:
        """All grids that a grid's formulas depend on; itself only where it reads itself."""
        return _closure(grid, self._reads)

    def precedent_cells(self, cell: Reference) -> set[Reference]:
        """All cells that a cell's formula depends on."""
        if not self._is_large:
            return _closure(cell, self._reads_cells)
        return {
            each for own in self._at(cell) for grid in self.precedent_grids(own) for each in grid.relative.box.each()
        }

    def dependents(self, cell: Reference) -> tuple[set[Reference], list[Reference]]:
        """All cells whose formulas depend on a cell, and those that read it themselves."""
        if not self._is_large:
            return _closure(cell, lambda each: self._read_by.get(each, ())), self._read_by.get(cell, [])
        own = set(self._at(cell))
        behind = [grid for grid in self._formulas if own & self.precedent_grids(grid)]
        readers = [
            relative.at(*index)
            for grid, relative in ((grid, grid.relative) for grid in behind if own & {*self._reads(grid)})
            for index in np.ndindex(grid.shape)
            if cell in cells_of(self._formulas[grid], index)
        ]
        return {each for grid in behind for each in grid.relative.box.each()}, readers

    def operands(self, cell: Reference) -> Iterable[Reference]:
        """The cells that a cell's own formula reads; of a large network nothing, where it would take long."""
        return () if self._is_large else self._reads_cells(cell)

    def reads(self, cell: Reference) -> list[Reference]:
        """The cells that a cell's own formula reads."""
        return next(
            (
                cells_of(self._formulas[grid], index)
                for grid in self._at(cell)
                for index in np.ndindex(grid.shape)
                if grid.relative.at(*index) == cell
            ),
            [],
        )

    @cached_property
    def _read_by(self) -> dict[Reference, list[Reference]]:
        found: dict[Reference, list[Reference]] = {}
        for cell in self._elements:
            for each in self._reads_cells(cell):
                found.setdefault(each, []).append(cell)
        return found

    def _reads_cells(self, cell: Reference) -> Iterable[Reference]:
        if cell not in self._cells_read:
            found = self._elements.get(cell)
            self._cells_read[cell] = cells_of(self._formulas[found[0]], found[1]) if found else []
        return self._cells_read[cell]

    def _reads(self, grid: Grid) -> Iterable[Grid]:
        if grid not in self._read:
            formulas = self._formulas[grid]
            cells = [plain(cell) for index in _few(grid.shape) for cell in cells_of(formulas, index)]
            self._read[grid] = {found for cell in set(cells) for found in self._at(cell)}
        return self._read[grid]

    def _at(self, cell: Reference) -> Iterator[Grid]:
        for grid in self._by_sheet.get(cell.sheet, ()):
            if grid.row <= cell.row < grid.row + grid.height and grid.col <= cell.col < grid.col + grid.width:
                yield grid


def _closure(start: Item, reads: Callable[[Item], Iterable[Item]]) -> set[Item]:
    """All that is read, by what is read, and so on."""
    found: set[Item] = set()
    waiting = [start]
    while waiting:
        new = [each for each in reads(waiting.pop()) if each not in found]
        found.update(new)
        waiting += new
    return found


def _few(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The first, the middle and the last index."""
    size = int(np.prod(shape, dtype=int))
    for k in sorted({0, size // 2, size - 1}) if size else ():
        yield unravelled(k, tuple(shape))
