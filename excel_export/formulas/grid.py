"""The place of a tensor on a sheet: an affine map from indices to cells, like the strides of a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from itertools import count, product
from typing import NamedTuple, Self

import numpy as np

from excel_export.formulas.expression import Expression, Leaf, Operand
from excel_export.formulas.reference import LETTERS, ROW, Reference, Referred, Token, prefix_of, quoted
from excel_export.formulas.writing import Index, own_index
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW

Dim = tuple[int, int, int]
NOWHERE = ""
"""The sheet's name of a grid without cells."""
_numbers = count(1)


@dataclass(frozen=True)
class Grid(Operand):
    """The cells of a tensor on a sheet, one for each element.

    Element (i, j, …) lies in row `row + i·row_strides[0] + j·row_strides[1] + …`, and in the column that follows from
    `col` and `col_strides` alike. Rows and columns count from 1, indices from 0.

    Example:
        A 2×3 matrix from B5 on, row below row:

        >>> grid = Grid("Sheet1", row=5, col=2, shape=(2, 3), row_strides=(1, 0), col_strides=(0, 1))
        >>> grid.area
        'B5:D6'
        >>> grid.at(1, 2).area
        'D6'
    """

    sheet: str
    """The name of the sheet."""
    row: int
    """The row of the first element, from 1 on."""
    col: int
    """The column of the first element, from 1 on: 2 for B."""
    shape: tuple[int, ...]
    """The shape of the tensor."""
    row_strides: tuple[int, ...]
    """For each dimension the number of rows between neighbours; 0 if they stand in one row."""
    col_strides: tuple[int, ...]
    """For each dimension the number of columns between neighbours."""
    absolute: bool = field(default=False, compare=False)
    """True if formulas refer to the cells as $B$5, not B5: for a parameter, which all formulas of a tensor share."""
    defined_name: str = field(default="", compare=False)
    """The defined name of a grid of one cell, by which formulas read it; '' if it has none."""

    @cached_property
    def height(self) -> int:
        """The number of rows from the first element to the last: 2 for B5:D6."""
        return 1 + sum((n - 1) * s for n, s in zip(self.shape, self.row_strides, strict=True))

    @cached_property
    def width(self) -> int:
        """The number of columns from the first element to the last: 3 for B5:D6."""
        return 1 + sum((n - 1) * s for n, s in zip(self.shape, self.col_strides, strict=True))

    @property
    def box(self) -> Reference:
        """The smallest rectangle that holds all elements: B5:D6, with cells of no element if strides exceed 1."""
        return Reference(self.sheet, self.row, self.col, self.height, self.width)

    @property
    def area(self) -> str:
        """The address of `box` without the sheet: 'B5:D6'."""
        return self.box.area

    @property
    def first(self) -> Reference:
        """The cell of the first element: B5 of B5:D6."""
        return Reference(self.sheet, self.row, self.col)

    @property
    def fits(self) -> bool:
        """True if the grid lies within the 1,048,576 rows and 16,384 columns of a sheet."""
        return self.row + self.height - 1 <= LAST_ROW and self.col + self.width - 1 <= LAST_COLUMN

    @property
    def rows(self) -> np.ndarray:
        """The row of each element, an array of integers in the tensor's shape: [[5, 5, 5], [6, 6, 6]] for B5:D6."""
        return self.row + _steps(self.shape, self.row_strides)

    @property
    def cols(self) -> np.ndarray:
        """The column of each element, an array of integers in the tensor's shape: [[2, 3, 4], [2, 3, 4]] for B5:D6."""
        return self.col + _steps(self.shape, self.col_strides)

    @cached_property
    def cells(self) -> Expression:
        """The expression that refers to each element's cell: [['B5', 'C5', 'D5'], ['B6', 'C6', 'D6']]."""
        return GridCells(self)

    def at(self, *index: int) -> Reference:
        """Return the cell of an element, C6 of B5:D6 for (1, 1): indices count from 0 in each dimension."""
        row, col = self.row, self.col
        for k, down, right in zip(index, self.row_strides, self.col_strides, strict=True):
            row += k * down
            col += k * right
        return Reference(self.sheet, row, col, 1, 1, self.absolute, self.absolute)

    @property
    def relative(self) -> Grid:
        """The same grid, read by relative references: B5 in place of $B$5."""
        return replace(self, absolute=False) if self.absolute else self

    def moved(self, sheet: str, row: int, col: int) -> Grid:
        """Return a grid of the same shape and strides from another cell on: B5:D6 moved to row 1, column 1 is A1:C2.

        The new grid has no defined name.
        """
        return replace(self, sheet=sheet, row=row, col=col, defined_name="")

    def below(self, rows: int) -> Grid:
        """Return the grid `rows` rows further down: B8:D9 for B5:D6 and 3. The new grid has no defined name."""
        return self.moved(self.sheet, self.row + rows, self.col)

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        """Return the cells of a slice, an integer or slice for each dimension: grid[0, :] of B5:D6 is B5:D5."""
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
        return Region(self.sheet, row, col, tuple(sliced), self.absolute)

    @property
    def whole(self) -> Region:
        """The cells of all elements, as a `Region`: B5:D6 is 2 rows by 3 columns from B5 on."""
        return self[(slice(None),) * len(self.shape)]

    def texts(self, home: str) -> np.ndarray:
        """Return the reference to each element as a formula on the sheet `home` writes it: texts in the tensor's shape.

        Example:
            >>> grid = Grid("Sheet1", 5, 2, shape=(2,), row_strides=(1,), col_strides=(0,))
            >>> grid.texts("Sheet1").tolist(), grid.texts("Sheet2").tolist()
            (['B5', 'B6'], ["'Sheet1'!B5", "'Sheet1'!B6"])
        """
        prefix = prefix_of(self.sheet, home)
        return self._texts(prefix) if prefix == ROW else self._far if prefix else self._near

    @cached_property
    def _near(self) -> np.ndarray:
        return self._texts("")

    @cached_property
    def _far(self) -> np.ndarray:
        return self._texts(f"{quoted(self.sheet)}!")

    def _texts(self, prefix: str) -> np.ndarray:
        texts = np.empty(self.shape, dtype=object)
        if self.defined_name:
            texts[...] = self.defined_name
            return texts
        dollar, mark = "$" * self.absolute, ROW if prefix == ROW else ""
        prefix = prefix.removesuffix(mark)
        cols = range(self.col, self.col + self.width)
        letters = {col: f"{prefix}{dollar}{LETTERS[col]}{dollar}{mark}" for col in cols}
        pairs = zip(self.rows.ravel().tolist(), self.cols.ravel().tolist(), strict=True)
        texts.reshape(-1)[:] = [f"{letters[col]}{row}{mark}" for row, col in pairs]
        return texts


@lru_cache(maxsize=256)
def _steps(shape: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
    steps = np.zeros(shape, dtype=np.int64)
    for axis, stride in enumerate(strides):
        along = np.arange(shape[axis]) * stride
        steps += along.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return steps


class GridCells(Leaf):
    """The references to the elements of a grid as an expression of the grid's shape: 'B5', 'C5' for a grid in B5:C5."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.shape = grid, grid.shape

    def column(self, home: str) -> np.ndarray:
        return self.grid.texts(home)

    def own_element(self, index: Index) -> Expression:
        return Referred(self.grid.at(*index), self.grid.defined_name)

    def tokens_in(self, index: Index, needed: int) -> list[Token]:
        return [self.grid.defined_name or self.grid.at(*own_index(index, self.shape))]


class Region:
    """The cells of a slice of a grid: grid[0, :] of B5:D6 is Region('Sheet1', 5, 2, ((3, 0, 1),)).

    Its arguments are the sheet, the row and column of the first cell, from 1 on, and for each dimension that was
    sliced its length, row stride and column stride. `absolute` writes $B$5:$D$5, which stays if formulas are copied.
    """

    __slots__ = ("_cut", "_cut_by", "_cut_for", "absolute", "col", "dims", "row", "sheet")

    def __init__(self, sheet: str, row: int, col: int, dims: tuple[Dim, ...], absolute: bool = False) -> None:
        self.sheet, self.row, self.col, self.dims, self.absolute = sheet, row, col, dims, absolute
        self._cut_by: Cut | None = None
        self._cut_for = ""
        self._cut: list[str] = []

    @property
    def size(self) -> int:
        """The number of elements: 6 for 2 rows and 3 columns."""
        return int(np.prod([n for n, _, _ in self.dims], dtype=int))

    @property
    def ranges(self) -> list[Reference]:
        """The fewest rectangles that the region consists of, in the order of its indices.

        Example:
            Every second column of a matrix is no rectangle:

            >>> grid = Grid("Sheet1", 1, 1, shape=(2, 3), row_strides=(1, 0), col_strides=(0, 2))
            >>> [each.area for each in grid.whole.ranges]
            ['A1:A2', 'C1:C2', 'E1:E2']
        """
        return self.references(matching_cuts((self.dims,))[0])

    def references(self, cut: Cut) -> list[Reference]:
        """Return the region's rectangles, [A1:A2, C1:C2], by its `Cut` from `matching_cuts`."""
        return [
            Reference(
                self.sheet, self.row + down, self.col + right, cut.height, cut.width, self.absolute, self.absolute
            )
            for down, right in cut.steps
        ]

    def texts(self, cut: Cut, home: str) -> list[str]:
        """Return the region's rectangles, by its `Cut` from `matching_cuts`, written as on the sheet `home`.

        On 'Sheet1' itself ['B5:D6'], on another sheet ["'Sheet1'!B5:D6"].
        """
        prefix = prefix_of(self.sheet, home)
        if self._cut_by is not cut or self._cut_for != prefix:  # a window meets many filters, all cut alike
            self._cut = self._written(cut, prefix)
            self._cut_by, self._cut_for = cut, prefix
        return self._cut

    def _written(self, cut: Cut, prefix: str) -> list[str]:
        # As Reference.area, but for a million regions.
        dollar, mark = "$" * self.absolute, ROW if prefix == ROW else ""
        start, letters = prefix.removesuffix(mark) + dollar, LETTERS
        down_to, right_to = cut.height - 1, cut.width - 1
        texts = []
        for down, right in cut.steps:
            row, col = self.row + down, self.col + right
            first = f"{start}{letters[col]}{dollar}{mark}{row}{mark}"
            if down_to or right_to:
                first += f":{dollar}{letters[col + right_to]}{dollar}{mark}{row + down_to}{mark}"
            texts.append(first)
        return texts


@dataclass(frozen=True)
class Unplaced(Grid):
    """The grid of a tensor without cells: `cells` gives its formulas, so that readers contain these, MAX(0,B3*2)."""

    formulas: list[Expression] = field(default_factory=list, compare=False)
    """The tensor's expression as the only item, set once it is known."""

    @classmethod
    def of(cls, shape: Sequence[int]) -> Self:
        """Return a new grid without cells for a tensor of this shape, (2, 3); no two of these are equal."""
        still = (0,) * len(shape)
        return cls(NOWHERE, next(_numbers), 1, tuple(shape), still, still)

    @property
    def cells(self) -> Expression:
        (formulas,) = self.formulas
        return formulas

    def below(self, rows: int) -> Self:
        return self

    def at(self, *index: int) -> Reference:
        raise TypeError("a tensor without cells is read as a whole only")

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        raise TypeError("a tensor without cells is read as a whole only")


class Cut(NamedTuple):
    """Rectangles of one size: Cut(2, 1, ((0, 0), (0, 2))) is A1:A2 and C1:C2 of a region from A1 on."""

    height: int
    """The number of rows of each rectangle."""
    width: int
    """The number of columns of each rectangle."""
    steps: tuple[tuple[int, int], ...]
    """The offset of each rectangle's first cell from the region's first cell, in rows and in columns."""


@cache
def matching_cuts(regions: tuple[tuple[Dim, ...], ...]) -> tuple[Cut, ...]:
    """Cut regions of one shape into rectangles that match one by one, as SUMPRODUCT needs them: as few as possible.

    Args:
        regions: for each region its dimensions, as (length, row stride, column stride).

    Returns:
        The cut of each region; no rectangles if a length is 0.

    Example:
        A column of 3 cells, and 3 cells in every second row, can be matched only cell by cell:

        >>> [cut.steps for cut in matching_cuts((((3, 1, 0),), ((3, 2, 0),)))]
        [((0, 0), (1, 0), (2, 0)), ((0, 0), (2, 0), (4, 0))]
    """
    height = width = 1
    repeated = []
    dims = list(zip(*regions, strict=True))
    if any(dim[0][0] == 0 for dim in dims):
        return tuple(Cut(1, 1, ()) for _ in regions)
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
    return tuple(Cut(height, width, tuple(_offsets(which, steps, places))) for which in range(len(regions)))


def _offsets(which: int, dims: list[tuple[Dim, ...]], places: list[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    for place in places:
        down = sum(k * dim[which][1] for k, dim in zip(place, dims, strict=True))
        right = sum(k * dim[which][2] for k, dim in zip(place, dims, strict=True))
        yield down, right
