"""What is known of the cells of arrays: each array is one tensor, so that no cell needs to be listed."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from excel_export.formulas import Grid, Index, Reference, unravelled
from excel_export.formulas.javascript.places import Array, place_of

T = TypeVar("T")


class InArrays(Mapping[Reference, T]):
    """What is found for each cell of some arrays."""

    def __init__(self, grids: Sequence[Grid], found: Callable[[Grid, Reference], T]) -> None:
        """Take the arrays, as grids, and what finds it for a cell of one."""
        self._grids, self._found = {grid.sheet: grid for grid in grids}, found

    def __contains__(self, cell: object) -> bool:
        """Whether it is a single cell of one of them."""
        return isinstance(cell, Reference) and cell.sheet in self._grids and cell.height == cell.width == 1

    def __getitem__(self, cell: Reference) -> T:
        """What is found for a cell."""
        if cell not in self:
            raise KeyError(cell)
        return self._found(self._grids[cell.sheet], cell)

    def get(self, cell: Reference, default: T | None = None) -> T | None:  # type: ignore[override]
        """The same, or something else; asked more often than anything."""
        grid = self._grids.get(cell.sheet)
        return default if grid is None or cell.height > 1 or cell.width > 1 else self._found(grid, cell)

    def __iter__(self) -> Iterator[Reference]:
        """Go through the cells."""
        for grid in self._grids.values():
            yield from (grid.at(*unravelled(k, grid.shape)) for k in range(math.prod(grid.shape)))

    def __len__(self) -> int:
        """How many cells there are."""
        return sum(math.prod(grid.shape) for grid in self._grids.values())


def are_arrays(grids: Sequence[Grid]) -> bool:
    """Whether each lies in an array of its own."""
    return all(isinstance(grid.sheet, Array) for grid in grids)


def index_of(grid: Grid, cell: Reference) -> Index:
    """The index of a cell in the tensor that an array is."""
    return unravelled(place_of(grid.sheet, cell.row, cell.col), grid.shape)
