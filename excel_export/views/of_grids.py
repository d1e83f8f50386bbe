"""Facts about the cells of tensors, looked up on demand: nothing is listed beforehand.

So a network of a million cells takes no longer to prepare than a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

from excel_export.formulas import Grid, Index, Reference

T = TypeVar("T")
_NOTHING: Any = object()


def index_of(grid: Grid, cell: Reference) -> Index | None:
    """Return the index of the element that lies in a cell, whatever its sheet; None if the cell is none of the grid's.

    Example:
        >>> index_of(Grid("S", 3, 2, (2, 3), (1, 0), (0, 1)), Reference("S", 4, 3))
        (1, 1)
    """
    down, right = cell.row - grid.row, cell.col - grid.col
    if not (0 <= down < grid.height and 0 <= right < grid.width and cell.height == cell.width == 1):
        return None
    index = [0] * len(grid.shape)
    for k, last, row_stride, col_stride in _steps(grid.shape, grid.row_strides, grid.col_strides):
        at = down // row_stride if row_stride else right // col_stride
        index[k] = at = min(at, last)
        down, right = down - at * row_stride, right - at * col_stride
    return tuple(index) if not (down or right) else None


@cache
def _steps(shape: Index, row_strides: tuple[int, ...], col_strides: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    apart = [k for k in range(len(shape)) if row_strides[k] or col_strides[k]]
    apart.sort(key=lambda k: -max(row_strides[k], col_strides[k]))
    return [(k, shape[k] - 1, row_strides[k], col_strides[k]) for k in apart]


class OfGrids(Generic[T]):
    """A mapping from the cells of grids that do not overlap to what a function returns for the element in the cell.

    Example:
        >>> places = OfGrids([Grid("S", 3, 2, (2, 3), (1, 0), (0, 1))], lambda grid, index: index)
        >>> places[Reference("S", 4, 3)], Reference("S", 9, 9) in places
        ((1, 1), False)
    """

    def __init__(self, grids: Sequence[Grid], found: Callable[[Grid, Index], T]) -> None:
        """Take the grids, and the function from a grid and an index, from 0 on, to the cell's item."""
        self._grids, self._found = [grid for grid in grids if 0 not in grid.shape], found
        self._known: dict[tuple[str, int, int], T] = {}

    @cached_property
    def _by_column(self) -> dict[tuple[str, int], list[Grid]]:
        found: dict[tuple[str, int], list[Grid]] = {}
        for grid in self._grids:
            for col in range(grid.col, grid.col + grid.width):
                found.setdefault((grid.sheet, col), []).append(grid)
        return found

    def _look_up(self, cell: Reference) -> T:
        for grid in self._by_column.get((cell.sheet, cell.col), ()):
            if grid.row <= cell.row < grid.row + grid.height:
                index = index_of(grid, cell)
                if index is not None:
                    return self._found(grid, index)
        return _NOTHING  # type: ignore[no-any-return]

    def get(self, cell: Reference, default: T | None = None) -> T | None:
        """Return found(grid, index) for the cell of a grid's element, or `default` if the cell is none of them."""
        if cell.height != 1 or cell.width != 1:
            return default
        key = cell.sheet, cell.row, cell.col
        if key not in self._known:
            self._known[key] = self._look_up(cell)
        found = self._known[key]
        return default if found is _NOTHING else found

    def __contains__(self, cell: object) -> bool:
        """Return whether a cell is an element of one of the grids."""
        return isinstance(cell, Reference) and self.get(cell, _NOTHING) is not _NOTHING

    def __getitem__(self, cell: Reference) -> T:
        """Return the item of a cell.

        Raises:
            KeyError: the cell is no element of the grids.
        """
        found = self.get(cell, _NOTHING)
        if found is _NOTHING:
            raise KeyError(cell)
        return found  # type: ignore[return-value]
