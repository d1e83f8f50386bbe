"""Formulas for gather and scatter whose indices stand on the sheet: INDEX, SUMIF and COUNTIF."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np

from excel_export.formulas.arrays import table
from excel_export.formulas.expression import Expression, OperandLike, as_expression, equal, total
from excel_export.formulas.functions import COUNTIF, IF, INDEX, INT, MOD, SUMIF
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.formulas.writing import Index

Line = tuple[Reference, Reference]
"""Cells that hold indices, and the cells that belong to them, as many."""

MOST_LINES = 12
"""A sum over more lines also takes in the empty cells between them, in which no index stands."""


def look_up(grid: Grid, places: Sequence[int | OperandLike], first: int = 0) -> Expression:
    """Return one element of a grid at an index that formulas compute: INDEX(B3:B5,A1+1) for [A1].

    Args:
        grid: the cells of the tensor.
        places: the index, for each dimension an integer from 0 on, or a formula.
        first: the value of a formula for the first element: 0 as in PyTorch, or 1, which gives INDEX(B3:B5,A1).
    """
    region = grid[tuple(place if isinstance(place, int) else slice(None) for place in places)]
    found = [place for place in places if not isinstance(place, int)]
    height, width = (1 + sum((dim[0] - 1) * dim[which] for dim in region.dims) for which in (1, 2))
    if height == width == 1:  # in Gnumeric, INDEX knows no range of a single cell
        return grid.at(*(place if isinstance(place, int) else 0 for place in places)).cells
    box = Reference(region.sheet, region.row, region.col, height, width, region.absolute, region.absolute)

    def steps(which: int) -> Expression:
        along = [(place, dim[which]) for place, dim in zip(found, region.dims, strict=True) if dim[which]]
        before = 1 - first * sum(step for _, step in along)
        return total([*(_times(place, step) for place, step in along), *([before] if before or not along else [])])

    # Gnumeric takes a single index for a row, even where there is only one.
    return INDEX(box, steps(1)) if width == 1 else INDEX(box, steps(1), steps(2))


def _times(place: OperandLike, step: int) -> OperandLike:
    return as_expression(place) * step if step > 1 else place


class Places:
    """The positions of one tensor's elements, the part, in another, the whole; some indices stand in cells.

    Of x[i], x of shape (3,) is the whole, the result the part: Places((3,), [None], np.arange(2)) if two cells hold i.
    A dimension whose indices stand in cells is called live.

    Args:
        shape: that of the whole.
        known: for each dimension of the whole the indices, in the shape of the part; None for a live dimension.
        number: for each element of the part the number of the cell with its index, in reading order, from 0 on:
            [[0, 0], [1, 1]] for two rows x[i]. `live_shape` is this shape with 1 where numbers repeat, (2, 1).
    """

    def __init__(self, shape: Sequence[int], known: Sequence[np.ndarray | None], number: np.ndarray) -> None:
        self.shape, self.known, self.number = tuple(shape), tuple(known), number
        self.live = tuple(axis for axis, places in enumerate(known) if places is None)
        varies = [n > 1 and bool((np.diff(number, axis=axis) != 0).any()) for axis, n in enumerate(number.shape)]
        self.live_shape = tuple(n if varied else 1 for n, varied in zip(number.shape, varies, strict=True))
        """The shape of the live places: that of the part, with 1 in each dimension along which they repeat."""

    @classmethod
    def along(cls, dim: int, whole: Sequence[int], part: Sequence[int], shared: bool = False) -> Places:
        """Return positions that are live along one dimension; in the others, an element of the part has its own index.

        Args:
            dim: the dimension, from 0 on.
            whole: the shape of the whole.
            part: that of the part.
            shared: True if a slice shares one live index, as in `index_select`; False for one each, as in `gather`.

        Example:
            >>> Places.along(0, (3,), (2,)).live_shape, Places.along(0, (3, 4), (2, 4), shared=True).live_shape
            ((2,), (2, 1))
        """
        own = np.indices(tuple(part))
        number = own[dim] if shared else np.arange(int(np.prod(part, dtype=int))).reshape(part)
        return cls(whole, [None if axis == dim else own[axis] for axis in range(len(whole))], number)

    @property
    def numbers(self) -> np.ndarray:
        """The numbers of the cells with live indices, from 0 on, in the shape `live_shape`: [[0], [1]] for two rows."""
        return self.number[tuple(slice(n) for n in self.live_shape)]

    def arranged(self, index: Expression, shape: Sequence[int]) -> Expression:
        """Return an index tensor's formulas in `live_shape`: [['E1'], ['E2']] of ['E1', 'E2'] for two rows x[i].

        `shape` is that to which PyTorch broadcasts all index tensors together: here (2,).
        """
        return index.broadcast_to(shape).reshape(-1)[self.numbers]

    def live_index(self, index: Index) -> Index:
        """Return the index in `live_shape` of an element of the part: (1, 0) for (1, 2) if `live_shape` is (2, 1)."""
        return tuple(k if n > 1 else 0 for k, n in zip(index, self.live_shape, strict=True))

    def flat_index(self, index: Index) -> int:
        """Return the live indices of an element of the whole as one number, in reading order, from 0 on.

        In a whole (3, 4), of (2, 3): 2 if only dimension 0 is live, 11 if both are.
        """
        live = [self.shape[axis] for axis in self.live]
        return int(np.ravel_multi_index([index[axis] for axis in self.live], live))

    def look_up(self, whole: Grid, live: Mapping[int, Grid]) -> Expression:
        """Return the part, looked up in the whole; `live` has by dimension the cells with its indices, in `live_shape`.

        Example:
            >>> whole, index = Grid("Sheet1", 2, 2, (3,), (1,), (0,)), Grid("Sheet1", 1, 5, (2,), (1,), (0,))
            >>> Places.along(0, (3,), (2,)).look_up(whole, {0: index}).element((0,)).text("Sheet1")
            'INDEX(B2:B4,E1+1)'
        """
        return self._found(whole, lambda axis, own: live[axis].at(*own))

    def look_up_flat(self, whole: Grid, place: Grid) -> Expression:
        """Return the elements of the part, looked up in the whole: INDEX(B2:B4,E1+1).

        Each cell of `place`, such as E1, holds all live indices of an element as one number (see `flat_index`).
        """
        steps, step = {}, 1
        for axis in reversed(self.live):
            steps[axis] = step
            step *= self.shape[axis]

        def place_in(axis: int, own: Index) -> Expression:
            number = place.at(*own).cells
            if steps[axis] > 1:
                number = INT(number / steps[axis])
            return number if axis == self.live[0] else MOD(number, self.shape[axis])

        return self._found(whole, place_in)

    def _found(self, whole: Grid, place_in: Callable[[int, Index], OperandLike]) -> Expression:
        def found(*index: int) -> Expression:
            own = self.live_index(index)
            return look_up(whole, [place_in(axis, own) if known is None else int(known[index])
                                   for axis, known in enumerate(self.known)])  # fmt: skip

        return table(self.number.shape, found)

    def key(self, index: Index) -> tuple[int, ...]:
        """Return the indices of an element of the whole in the known dimensions: (3,) of (2, 3) if only 0 is live."""
        return tuple(k for k, known in zip(index, self.known, strict=True) if known is not None)

    def lines(self, place: Grid, part: Grid | None = None) -> dict[tuple[int, ...], list[Line]]:
        """Return the lines of cells with live indices, each with cells of the part: {(): [(E1:E2, F1:F2)]}.

        `place` are the cells with indices, in `live_shape`. The keys are the indices in known dimensions, (3,); () if
        all are live. With None as `part`, each line is paired with itself: {(): [(E1:E2, E1:E2)]}.
        """
        known = [places for places in self.known if places is not None]
        pairs: dict[tuple[int, ...], list[Line]] = defaultdict(list)
        for index in np.ndindex(*self.number.shape):
            at = place.at(*self.live_index(index))
            pairs[tuple(int(places[index]) for places in known)].append((at, part.at(*index) if part else at))
        return {key: _merged(each) for key, each in pairs.items()}

    def scattered_sum(self, place: Grid, part: Grid) -> Expression:
        """Return the elements of the whole: each the sum of the elements of the part that are added to it.

        Args:
            place: cells that hold the live indices of an element as one number (see `flat_index`), in the shape
                `live_shape`.
            part: the cells of the part.

        Example:
            >>> places, index = Places.along(0, (3,), (2,)), Grid("Sheet1", 1, 5, (2,), (1,), (0,))
            >>> places.scattered_sum(index, Grid("Sheet1", 1, 6, (2,), (1,), (0,))).element((0,)).text("Sheet1")
            'SUMIF(E1:E2,0,F1:F2)'
        """
        lines = self.lines(place, part)
        if max(map(len, lines.values()), default=0) > MOST_LINES:
            used = {at for grid in (place, part) for at in zip(grid.rows.flat, grid.cols.flat, strict=True)}
            lines = {key: _bridged(each, used) for key, each in lines.items()}
        return table(self.shape, lambda *index: sum_where(lines.get(self.key(index), []), self.flat_index(index)))


def sum_where(lines: Iterable[Line], place: OperandLike) -> Expression:
    """Return the sum of the cells beside which `place` stands: SUMIF(A1:A3,0,B1:B3), or IF(A1=0,B1,0) for one cell.

    Each line is a pair, (A1:A3, B1:B3): cells that are compared with `place`, and cells to add. Without lines it is 0.
    """
    return total(IF(equal(at, place), cell, 0) if at.size == 1 else SUMIF(at, place, cell) for at, cell in lines)


def count_where(lines: Iterable[Line], place: OperandLike) -> Expression:
    """Return the number of cells that hold `place`: COUNTIF(A1:A3,0), or IF(A1=0,1,0) for one cell.

    Of each line, (A1:A3, B1:B3), the first cells are counted. Without lines it is 0.
    """
    return total(IF(equal(at, place), 1, 0) if at.size == 1 else COUNTIF(at, place) for at, _ in lines)


def cell_lines(cells: Sequence[Reference]) -> list[Line]:
    """Return cells as rectangles of neighbours in a line, each in a pair with itself, as for `count_where`.

    A1, A2, E5 give [(A1:A2, A1:A2), (E5, E5)].
    """
    return _merged([(cell, cell) for cell in cells])


def _merged(pairs: Sequence[Line]) -> list[Line]:
    """Join cells to lines where indices and cells continue in the same direction."""
    down = _joined(sorted(pairs, key=lambda pair: (pair[0].col, pair[0].row)), 1, 0)
    right = _joined(sorted(pairs, key=lambda pair: (pair[0].row, pair[0].col)), 0, 1)
    return min(down, right, key=len)


def _joined(pairs: Sequence[Line], down: int, right: int) -> list[Line]:
    lines: list[Line] = []
    for pair in pairs:
        last = lines[-1] if lines else None
        if last and all(
            cell.row == line.row + down * line.height and cell.col == line.col + right * line.width
            for line, cell in zip(last, pair, strict=True)
        ):
            lines[-1] = (last[0].to(pair[0]), last[1].to(pair[1]))
        else:
            lines.append(pair)
    return lines


def _bridged(lines: Iterable[Line], used: AbstractSet[tuple[int, int]]) -> list[Line]:
    """Join lines whose gaps are equal in the indices and in the cells, if no cell in use stands in the gaps."""
    joined: list[Line] = []
    for line in lines:
        gaps = [_gap(one, other) for one, other in zip(joined[-1], line, strict=True)] if joined else []
        sizes = {gap and (gap.height, gap.width) for gap in gaps}
        if len(sizes) == 1 and all(gap and used.isdisjoint(_places_in(gap)) for gap in gaps):
            (places, cells), (further, further_cells) = joined[-1], line
            joined[-1] = places.to(further.last), cells.to(further_cells.last)
        else:
            joined.append(line)
    return joined


def _gap(one: Reference, other: Reference) -> Reference | None:
    """Return the cells between two lines if one continues the other, else None."""
    down, right = other.row - one.row - one.height, other.col - one.col - one.width
    if (one.col, one.width) == (other.col, other.width) and down > 0:
        return replace(one, row=one.row + one.height, height=down)
    if (one.row, one.height) == (other.row, other.height) and right > 0:
        return replace(one, col=one.col + one.width, width=right)
    return None


def _places_in(cells: Reference) -> Iterator[tuple[int, int]]:
    return ((cell.row, cell.col) for cell in cells.each())
