"""PyTorch's usual operations as formulas: reductions, broadcasting, positions, choices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

import numpy as np

from excel_export.formulas.arrays import of_ranges, reduce, sum_of_products
from excel_export.formulas.expression import Expression, Operand, OperandLike, as_expression, equal, total, unequal
from excel_export.formulas.functions import ABS, CHOOSE, EXP, IF, IFERROR, INDEX, LN, MATCH, MIN, SIGN
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.reference import Reference
from excel_export.formulas.tensor import Tensor
from excel_export.formulas.writing import unravelled

# Up to this many terms a sum is written out, which reads better than SUM and SUMPRODUCT.
WRITTEN_OUT = 5
"""Up to this many terms a sum is written out, which reads better than SUM and SUMPRODUCT."""
# Excel nests functions 64 deep: one IFERROR for each line but the last, and MATCH inside.
MOST_LINES = 60
"""The most lines of a search: Excel nests functions 64 deep, one IFERROR for each line but the last, and
MATCH inside."""

Dims = int | Sequence[int] | None
Line = tuple[Reference, int]
"""Cells in a row or a column, and their number."""


def as_dims(dim: Dims, rank: int) -> tuple[int, ...]:
    """Return PyTorch's `dim` argument as a tuple of axes from 0 on: (2,) for -1 and rank 3.

    None and () are all axes: (0, 1, 2). A tensor of rank 0 has none, so the result is () for any `dim`.
    """
    dims = tuple(range(rank)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    return tuple(axis % rank for axis in dims) if dims and rank else tuple(range(rank))


def kept(shape: Sequence[int], dims: Collection[int]) -> tuple[int, ...]:
    """Return the shape after a reduction over `dims` with keepdim=True: (2, 1) for (2, 3) over (1,)."""
    return tuple(1 if axis in dims else n for axis, n in enumerate(shape))


def along(grid: Grid, dims: Collection[int], index: Sequence[int]) -> Region:
    """Return the cells that a reduction over `dims` reads for one element: B6:D6 of B5:D6 for (1,) and (1, 0).

    `index` is the index of the element with keepdim=True, so 0 in the dimensions that are reduced.
    """
    return grid[tuple(slice(None) if axis in dims else k for axis, k in enumerate(index))]


def reduced(function: str, grid: Grid, dims: Collection[int]) -> Expression:
    """Return a function, such as 'SUM', 'MAX', 'MIN' or 'AVERAGE', over some dimensions, which stay with size 1.

    For 'SUM' of B5:D6 over (1,): [['SUM(B5:D5)'], ['SUM(B6:D6)']].
    """
    return reduce(function, kept(grid.shape, dims), lambda *index: along(grid, dims, index))


def unbroadcast(x: Tensor, gradient: Grid, factor: Tensor | float | None = None) -> Expression:
    """Return the gradient of a tensor that was broadcast, the sum over its copies: ['SUM(B5:B6)', 'SUM(C5:C6)'].

    Args:
        x: the tensor, here of shape (2,).
        gradient: the gradient of the broadcast result, whose shape may be larger: B5:C6 of shape (2, 2).
        factor: what each copy's gradient is multiplied by; None for 1.

    Returns:
        Formulas in the shape of x; 0*x if x holds no floats.
    """
    if not x.is_float:
        return 0 * x
    if x.shape == gradient.shape:
        return gradient.cells if factor is None else gradient * factor
    if factor is None and np.prod(x.shape) == np.prod(gradient.shape):
        return gradient.cells.reshape(*x.shape)
    if factor is None:
        return reduce("SUM", x.shape, lambda *index: gradient[_spread(x.shape, gradient.shape, index)])
    assert isinstance(factor, Tensor)  # a number leaves the other operand as large as the result
    grid = factor.value

    def factors(*index: int) -> tuple[Region, Region]:
        spread = _spread(x.shape, gradient.shape, index)
        own = zip(spread[len(spread) - len(grid.shape) :], grid.shape, strict=True)
        return gradient[spread], grid[tuple(at if isinstance(at, slice) or n > 1 else 0 for at, n in own)]

    return sum_of_products(x.shape, factors)


def _spread(shape: Sequence[int], result: Sequence[int], index: Sequence[int]) -> tuple[int | slice, ...]:
    missing = len(result) - len(shape)
    own = zip(index, shape, result[missing:], strict=True)
    return (*[slice(None)] * missing, *(slice(None) if size == 1 != n else k for k, size, n in own))


def add_up(grid: Grid, picks: Sequence[int]) -> Expression:
    """Return the sum of elements by their numbers in reading order: B5+C6 of B5:D6 for [0, 4]; SUM if over 5."""
    cells = [grid.at(*unravelled(int(pick), grid.shape)) for pick in picks]
    if len(cells) <= WRITTEN_OUT:
        return total(cells)
    ranges: list[Reference] = []
    for cell in sorted(cells, key=lambda cell: (cell.col, cell.row)):
        last = ranges[-1] if ranges else None
        if last and cell.col == last.col and cell.row == last.row + last.height:
            ranges[-1] = last.to(cell)
        else:
            ranges.append(cell)
    return of_ranges("SUM", ranges)


def first_place(best: OperandLike, lines: Sequence[Line]) -> Expression:
    """Return the formula of the position, from 1 on, of the first cell in some lines that holds `best`.

    `lines` are rows or columns of cells, each with its number of cells; `best` is a number that one of them holds. For
    A1:A3, then C1:C2, and 9 it is IFERROR(MATCH(9,A1:A3,0),MATCH(9,C1:C2,0)+3), which is 4 if 9 stands in C1 alone.

    Excel compares in two ways: =, <, > and their kin round to 15 digits, while MATCH, MAX, MIN, RANK, LARGE and SMALL
    see every bit. A formula that mixes them fails where two numbers differ in the 16th digit: MAX(r) = x, yet MATCH
    finds no x in r. So MATCH alone decides here which line holds `best`. Single cells are compared by = alone; a
    number found in none of them is taken to be in the last.
    """
    places: list[tuple[Reference, OperandLike, bool]] = []
    before = 0
    for line, length in lines:
        match = MATCH(best, line, 0)
        place: OperandLike = before + 1 if length == 1 else match + before if before else match
        places.append((line, place, length == 1))
        before += length
    formula = as_expression(places[-1][1])
    for line, place, is_cell in places[-2::-1]:
        formula = IF(equal(line, best), place, formula) if is_cell else IFERROR(place, formula)
    return formula


def search_lines(grid: Grid, dims: Sequence[int], index: Sequence[int]) -> list[Line]:
    """Return the cells that a reduction over `dims` reads for one element as lines, in reading order: [(B5:D5, 3)].

    `index` is that of the element with keepdim=True, as for `along`.
    """
    if not dims:  # a single number
        return [(along(grid, (), index).ranges[0], 1)]
    *outer, last = dims
    lines: list[Line] = []
    for place in product(*(range(grid.shape[axis]) for axis in outer)):
        at = list(index)
        for axis, k in zip(outer, place, strict=True):
            at[axis] = k
        ranges = along(grid, (last,), at).ranges
        lines += [(ranges[0], grid.shape[last])] if len(ranges) == 1 else [(cell, 1) for cell in ranges]
    return lines


def pick(region: Region, place: OperandLike) -> Expression:
    """Return one element of a one-dimensional region by its position, from 1 on: INDEX(B3:B5,A1), CHOOSE(A1,B3,B5)."""
    ranges = region.ranges
    if len(ranges) > 1:
        return CHOOSE(place, *ranges)
    # Gnumeric takes a single index for a row, even where there is only one.
    return INDEX(ranges[0], place) if ranges[0].width == 1 else INDEX(ranges[0], 1, place)


def is_true(x: Tensor | float) -> Expression:
    """Return x ≠ 0: SIGN(x)<>0 for a tensor of floats, since 1E-300<>0 is false in ironcalc, x<>0 for others."""
    return unequal(SIGN(x) if isinstance(x, Tensor) and x.is_float else x, 0)


def log1p(x: Expression | Grid) -> Expression:
    """Return ln(1 + x) for x ≥ 0, IF(x<0.00001,x-x*x/2,LN(1+x)): of a tiny x, 1 + x would lose its digits."""
    return IF(x < 0.00001, x - x * x / 2, LN(1 + x))


def logistic(x: Operand) -> Expression:
    """Return 1 / (1 + e⁻ˣ) as EXP(MIN(0,x))/(1+EXP(-ABS(x))), in which no power can overflow."""
    return EXP(MIN(0, x)) / (1 + EXP(-ABS(x)))


def expm1_up_to_0(x: Expression) -> Expression:
    """Return eˣ − 1 for x ≤ 0, a series for a tiny x: IF(x>-0.00001,x+x*x/2,EXP(MIN(0,x))-1)."""
    return IF(x > -0.00001, x + x * x / 2, EXP(MIN(0, x)) - 1)
