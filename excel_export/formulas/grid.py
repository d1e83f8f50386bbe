"""A tensor's place on a sheet: an affine map from indices to cells, like a tensor's strides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from typing import NamedTuple

import numpy as np
from openpyxl.utils import get_column_letter

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
Dim = tuple[int, int, int]


@dataclass(frozen=True)
class Grid:
    """Element (i, j, …) of a tensor lies in row `row + i·row_strides[0] + j·row_strides[1] + …`, and alike
    for the column. Rows and columns count from 1, as in the spreadsheet.

    `prefix` stands before every reference: empty when the formulas that read the grid lie on its
    own sheet, else the sheet's name and '!'.
    """

    sheet: str
    row: int
    col: int
    shape: tuple[int, ...]
    row_strides: tuple[int, ...]
    col_strides: tuple[int, ...]
    prefix: str = field(default="", compare=False)
    defined_name: str = field(default="", compare=False)
    """The defined name of a single cell, which references then use."""

    @property
    def height(self) -> int:
        """Rows from the first element to the last."""
        return 1 + sum((n - 1) * s for n, s in zip(self.shape, self.row_strides, strict=True))

    @property
    def width(self) -> int:
        """Columns from the first element to the last."""
        return 1 + sum((n - 1) * s for n, s in zip(self.shape, self.col_strides, strict=True))

    @property
    def area(self) -> str:
        """The rectangle that holds the grid, without its sheet: 'B3:F7'."""
        return _area("", self.row, self.col, self.height, self.width)

    @property
    def rows(self) -> np.ndarray:
        """The row of every element, in the tensor's shape."""
        return self._positions(self.row, self.row_strides)

    @property
    def cols(self) -> np.ndarray:
        """The column of every element, in the tensor's shape."""
        return self._positions(self.col, self.col_strides)

    @cached_property
    def refs(self) -> np.ndarray:
        """The reference to every element ('B3'), an object array in the tensor's shape."""
        refs = np.empty(self.shape, dtype=object)
        if self.defined_name:
            refs[...] = self.defined_name
            return refs
        letters = {col: self.prefix + _LETTERS[col] for col in range(self.col, self.col + self.width)}
        pairs = zip(self.rows.ravel().tolist(), self.cols.ravel().tolist(), strict=True)
        refs.reshape(-1)[:] = [f"{letters[col]}{row}" for row, col in pairs]
        return refs

    def seen_from_elsewhere(self) -> Grid:
        """The same grid, for formulas on another sheet."""
        return Grid(self.sheet, self.row, self.col, self.shape, self.row_strides, self.col_strides,
                    f"{quoted(self.sheet)}!", self.defined_name)  # fmt: skip

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        """A part of the tensor: `grid[n, :, 0:3, 0:3]`, with a whole number or a slice for each dimension."""
        parts = index if isinstance(index, tuple) else (index,)
        row, col, sliced = self.row, self.col, []
        for at, size, down, right in zip(parts, self.shape, self.row_strides, self.col_strides, strict=True):
            if isinstance(at, slice):
                start, stop, _ = at.indices(size)
                sliced.append((max(stop - start, 0), down, right))
            else:
                start = at
            row += start * down
            col += start * right
        return Region(self.prefix, row, col, tuple(sliced))

    def _positions(self, origin: int, strides: Sequence[int]) -> np.ndarray:
        positions = np.full(self.shape, origin, dtype=np.int64)
        for axis, stride in enumerate(strides):
            positions += (np.arange(self.shape[axis]) * stride).reshape(
                [-1 if k == axis else 1 for k in range(len(self.shape))]
            )
        return positions


class Region:
    """A part of a grid: its first cell, and (length, row stride, column stride) for each sliced dimension."""

    __slots__ = ("_cut", "_cut_by", "col", "dims", "prefix", "row")

    def __init__(self, prefix: str, row: int, col: int, dims: tuple[Dim, ...]) -> None:
        self.prefix, self.row, self.col, self.dims = prefix, row, col, dims
        self._cut_by: _Cut | None = None
        self._cut: list[str] = []

    @property
    def ranges(self) -> list[str]:
        """The region as the fewest rectangular ranges, in the order of its indices."""
        return self.cut(_matching_cut((self.dims,))[0])

    def cut(self, cut: _Cut) -> list[str]:
        """The rectangles that the cut makes of this region."""
        if self._cut_by is not cut:  # a window meets many filters, all cut alike
            self._cut = [_area(self.prefix, self.row + down, self.col + right, cut.height, cut.width)
                         for down, right in cut.steps]  # fmt: skip
            self._cut_by = cut
        return self._cut


class _Cut(NamedTuple):
    """Rectangles of one size, and how far each lies from the region's first cell."""

    height: int
    width: int
    steps: tuple[tuple[int, int], ...]


def matching_ranges(left: Region, right: Region) -> Iterator[tuple[str, str]]:
    """Cut two regions of one shape into rectangles that match element by element, as SUMPRODUCT needs them."""
    cuts = _matching_cut((left.dims, right.dims))
    return zip(left.cut(cuts[0]), right.cut(cuts[1]), strict=True)


@cache
def _matching_cut(regions: tuple[tuple[Dim, ...], ...]) -> tuple[_Cut, ...]:
    """Return how to cut regions of one shape alike.

    A dimension joins the rectangle where it continues it in the same direction in every region; over
    the other dimensions the rectangles repeat.
    """
    height = width = 1
    repeated = []
    dims = list(zip(*regions, strict=True))
    if any(dim[0][0] == 0 for dim in dims):
        return tuple(_Cut(1, 1, ()) for _ in regions)
    for dim in sorted(dims, key=lambda dim: dim[0][1] + dim[0][2]):
        n = dim[0][0]
        if n == 1:
            continue
        if all(right == 0 and down == height for _, down, right in dim):
            height *= n
        elif all(down == 0 and right == width for _, down, right in dim):
            width *= n
        else:
            repeated.append(dim)
    steps = [dim for dim in dims if dim in repeated]
    places = list(product(*(range(dim[0][0]) for dim in steps)))
    return tuple(
        _Cut(height, width, tuple(
            (sum(k * dim[which][1] for k, dim in zip(place, steps, strict=True)),
             sum(k * dim[which][2] for k, dim in zip(place, steps, strict=True)))
            for place in places
        ))
        for which in range(len(regions))
    )  # fmt: skip


def quoted(sheet: str) -> str:
    """The sheet's name as a formula writes it."""
    return sheet if sheet.isidentifier() and sheet.isascii() else "'" + sheet.replace("'", "''") + "'"


_LETTERS = ["", *map(get_column_letter, range(1, LAST_COLUMN + 1))]


def _area(prefix: str, row: int, col: int, height: int, width: int) -> str:
    first = f"{prefix}{_LETTERS[col]}{row}"
    return first if height == width == 1 else f"{first}:{_LETTERS[col + width - 1]}{row + height - 1}"
