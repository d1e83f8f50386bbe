"""What PyTorch says of tensors, in the spreadsheet's own terms: reductions, broadcasting, places, choices."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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
# Excel nests functions 64 deep: one IFERROR for each line but the last, and MATCH inside.
MOST_LINES = 60

Dims = int | Sequence[int] | None
Line = tuple[Reference, int]
"""Cells in a row or a column, and how many they are."""


def as_dims(dim: Dims, rank: int) -> tuple[int, ...]:
    """PyTorch's `dim` argument as axes: None and () are all of them, negative ones count from the end.

    A single number has none, whatever `dim` says.
    """
    dims = tuple(range(rank)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    return tuple(axis % rank for axis in dims) if dims and rank else tuple(range(rank))


def kept(shape: Sequence[int], dims: Collection[int]) -> tuple[int, ...]:
    """The shape after a reduction over `dims` that keeps them."""
    return tuple(1 if axis in dims else n for axis, n in enumerate(shape))


def along(grid: Grid, dims: Collection[int], index: Sequence[int]) -> Region:
    """What a reduction over `dims` sees for element `index` of its result (with the dims kept)."""
    return grid[tuple(slice(None) if axis in dims else k for axis, k in enumerate(index))]


def reduced(function: str, grid: Grid, dims: Collection[int]) -> Expression:
    """SUM, MAX, MIN or AVERAGE over some dimensions, which are kept with the size 1."""
    return reduce(function, kept(grid.shape, dims), lambda *index: along(grid, dims, index))


def unbroadcast(x: Tensor, gradient: Grid, factor: Tensor | Grid | float | None = None) -> Expression:
    """Gradient of a broadcast: Σ g, or Σ g · factor, over the elements that each element of x was spread to."""
    if not x.is_float:
        return 0 * x
    if x.shape == gradient.shape:
        return gradient.cells if factor is None else gradient * factor
    if factor is None and np.prod(x.shape) == np.prod(gradient.shape):
        return gradient.cells.reshape(*x.shape)
    if factor is None:
        return reduce("SUM", x.shape, lambda *index: gradient[_spread(x.shape, gradient.shape, index)])
    assert isinstance(factor, (Tensor, Grid))  # a number leaves the other operand as large as the result
    grid = factor.value if isinstance(factor, Tensor) else factor

    def factors(*index: int) -> tuple[Region, Region]:
        spread = _spread(x.shape, gradient.shape, index)
        own = zip(spread[len(spread) - len(grid.shape) :], grid.shape, strict=True)
        return gradient[spread], grid[tuple(at if isinstance(at, slice) or n > 1 else 0 for at, n in own)]

    return sum_of_products(x.shape, factors)


def _spread(shape: Sequence[int], result: Sequence[int], index: Sequence[int]) -> tuple[int | slice, ...]:
    """Where in the result element `index` of a tensor of a smaller shape was spread to."""
    missing = len(result) - len(shape)
    own = zip(index, shape, result[missing:], strict=True)
    return (*[slice(None)] * missing, *(slice(None) if size == 1 != n else k for k, size, n in own))


def add_up(grid: Grid, picks: Sequence[int]) -> Expression:
    """The sum of some elements of a grid, named by their places in reading order."""
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
    """The place, counted from 1 in reading order, where `best`, one of some numbers, first stands in lines of cells.

    Excel compares in two ways: =, <, > and their kin round to 15 digits, while MATCH, MAX, MIN, RANK, LARGE and SMALL
    see every bit. A formula that asks the one and relies on the other fails where two numbers differ in the 16th digit:
    MAX(r) = x, yet MATCH finds no x in r. So MATCH alone decides here in which line `best` is: where it finds nothing,
    the next line is asked. Single cells are compared by = alone; what is in none of them is in the last.
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


def pick(region: Region, place: OperandLike) -> Expression:
    """The element of a one-dimensional region at `place`, counted from 1."""
    ranges = region.ranges
    if len(ranges) > 1:
        return CHOOSE(place, *ranges)
    # Gnumeric takes a single index for a row, even where there is only one.
    return INDEX(ranges[0], place) if ranges[0].width == 1 else INDEX(ranges[0], 1, place)


def is_true(x: Tensor | float) -> Expression:
    """Whether a number is not 0. To ironcalc 1E-300<>0 is false, but it knows its sign."""
    return unequal(SIGN(x) if isinstance(x, Tensor) and x.is_float else x, 0)


def log1p(x: Expression | Grid) -> Expression:
    """ln(1 + x) of a cell that holds x ≥ 0; a tiny x would lose its digits in 1 + x."""
    return IF(x < 0.00001, x - x * x / 2, LN(1 + x))


def logistic(x: Operand) -> Expression:
    """1 / (1 + e⁻ˣ), by powers of e up to 1 alone, which cannot overflow."""
    return EXP(MIN(0, x)) / (1 + EXP(-ABS(x)))


def expm1_up_to_0(x: Expression) -> Expression:
    """eˣ − 1 where x ≤ 0, by a power of e that cannot overflow; a tiny x would lose its digits in eˣ − 1."""
    return IF(x > -0.00001, x + x * x / 2, EXP(MIN(0, x)) - 1)
