"""Rows of calls that make one number of the elements along some dimensions, or of those up to each place."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

from excel_export.formulas import (
    ABS,
    EXP,
    IF,
    MAX,
    SIGN,
    Dims,
    Expression,
    OperandLike,
    as_dims,
    as_expression,
    equal,
    kept,
    log1p,
    reduced,
    table,
)
from excel_export.formulas.idioms import along, first_place, search_lines
from excel_export.formulas.lookups import count_where
from excel_export.recorder.rows.table import Cells, row


def over(function: str, x: Cells, dim: Dims, keepdim: bool) -> Expression:
    """Return 'SUM', 'MAX', 'MIN', 'AVERAGE' or 'PRODUCT' over dimensions of x, in PyTorch's shape of the result."""
    dims = as_dims(dim, len(x.shape))
    if not x.data.size:  # PyTorch reduces nothing to what changes nothing
        return as_expression(float(function == "PRODUCT")).broadcast_to(shape_of(x, dims, keepdim))
    return _in_shape(reduced(function, x.value, dims), x, dims, keepdim)


def _in_shape(formulas: Expression, x: Cells, dims: Collection[int], keepdim: bool) -> Expression:
    """Return formulas of the shape that keepdim=True gives in the shape that PyTorch returns."""
    return formulas.reshape(*shape_of(x, dims, keepdim))


def shape_of(x: Cells, dims: Collection[int], keepdim: bool) -> tuple[int, ...]:
    """Return the shape of a reduction of x over dimensions: (2, 1) or (2,) for (2, 3) over (1,)."""
    return kept(x.shape, dims) if keepdim else tuple(n for axis, n in enumerate(x.shape) if axis not in dims)


@row("sum")
def _sum(x: Cells, dim: Dims = None, keepdim: bool = False, *, dtype: object = None) -> Expression:
    return over("SUM", x, dim, keepdim)


@row("mean")
def _mean(x: Cells, dim: Dims = None, keepdim: bool = False, *, dtype: object = None) -> Expression:
    return over("AVERAGE", x, dim, keepdim)


@row("prod")
def _prod(x: Cells, dim: Dims = None, keepdim: bool = False, *, dtype: object = None) -> Expression:
    return over("PRODUCT", x, dim, keepdim)


@row("amax")
def _amax(x: Cells, dim: Dims = (), keepdim: bool = False) -> Expression:
    return over("MAX", x, dim, keepdim)


@row("amin")
def _amin(x: Cells, dim: Dims = (), keepdim: bool = False) -> Expression:
    return over("MIN", x, dim, keepdim)


def _variance(
    x: Cells, dim: Dims | bool, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Expression:
    """Return the mean square of the distances from the mean. Older calls say `unbiased` in place of `correction`."""
    less = float(unbiased) if correction is None else correction
    if isinstance(dim, bool):  # var(x, unbiased)
        less, dim = float(dim), None
    dims = as_dims(dim, len(x.shape))
    return over("DEVSQ", x, dim, keepdim) / (math.prod(x.shape[axis] for axis in dims) - less)


@row("var")
def _var(x: Cells, dim: Dims | bool = None, *rest: Any, **settings: Any) -> Expression:
    return _variance(x, dim, *rest, **settings)


@row("var_mean")
def _var_mean(x: Cells, dim: Dims | bool = None, *rest: Any, **settings: Any) -> tuple[Expression, Expression]:
    keepdim = settings.get("keepdim", any(rest[1:]))
    mean = over("AVERAGE", x, None if isinstance(dim, bool) else dim, keepdim)
    return _variance(x, dim, *rest, **settings), mean


@row("any")
def _any(x: Cells, dim: Dims = None, keepdim: bool = False) -> Expression:
    """1 where the largest is above 0 or the smallest below, by their signs: engines take very small numbers for 0."""
    return MAX(0, SIGN(over("MAX", x, dim, keepdim)), -SIGN(over("MIN", x, dim, keepdim)))


@row("all")
def _all(x: Cells, dim: Dims = None, keepdim: bool = False) -> Expression:
    dims = as_dims(dim, len(x.shape))

    def are_all(*index: int) -> Expression:
        return IF(equal(count_where([(cells, cells) for cells in along(x.value, dims, index).ranges], 0), 0), 1, 0)

    return _in_shape(table(kept(x.shape, dims), are_all), x, dims, keepdim)


def _place(best: Expression, x: Cells, dim: int | None, keepdim: bool) -> Expression:
    """Return where the first element that equals `best`, formulas as of keepdim=True, stands along dim, from 0 on."""
    dims = as_dims(dim, len(x.shape))

    def place(*index: int) -> Expression:
        return first_place(best.element(index), search_lines(x.value, dims, index)) - 1

    return _in_shape(table(kept(x.shape, dims), place), x, dims, keepdim)


@row("argmax")
def _argmax(x: Cells, dim: int | None = None, keepdim: bool = False) -> Expression:
    return _place(over("MAX", x, dim, True), x, dim, keepdim)


@row("argmin")
def _argmin(x: Cells, dim: int | None = None, keepdim: bool = False) -> Expression:
    return _place(over("MIN", x, dim, True), x, dim, keepdim)


@row("max", reads_results=True)
def _max(best: Cells, *rest: Any, **settings: Any) -> OperandLike | tuple[OperandLike, ...]:
    return _best("MAX", best, *rest, **settings)


@row("min", reads_results=True)
def _min(best: Cells, *rest: Any, **settings: Any) -> OperandLike | tuple[OperandLike, ...]:
    return _best("MIN", best, *rest, **settings)


def _best(function: str, best: Cells, *rest: Any, keepdim: bool = False) -> OperandLike | tuple[OperandLike, ...]:
    """Return the best of all elements; or along a dimension, with its place. The place is found by the best's cell."""
    if len(rest) == 1:
        return over(function, rest[0], None, False)
    _, x, dim, *keeps = rest
    is_kept = keepdim or any(keeps)
    found = best.cells.reshape(*kept(x.shape, as_dims(dim, len(x.shape))))
    return over(function, x, dim, is_kept), _place(found, x, dim, is_kept)


def _running(y: Cells, x: Cells, dim: int, step: Callable[[OperandLike, OperandLike], OperandLike]) -> Expression:
    """Return each result made of the one before it and of the element at its place: B3, then D3+B4, D4+B5."""
    axis = dim % len(x.shape) if x.shape else 0

    def result(*index: int) -> OperandLike:
        if not index or not index[axis]:
            return x.at(*index)
        return step(y.at(*(k - (at == axis) for at, k in enumerate(index))), x.at(*index))

    return table(x.shape, result)


@row("cumsum", reads_results=True)
def _cumsum(y: Cells, x: Cells, dim: int, *, dtype: object = None) -> Expression:
    return _running(y, x, dim, lambda before, now: as_expression(before) + now)


@row("cumprod", reads_results=True)
def _cumprod(y: Cells, x: Cells, dim: int, *, dtype: object = None) -> Expression:
    return _running(y, x, dim, lambda before, now: as_expression(before) * now)


@row("logcumsumexp", reads_results=True)
def _logcumsumexp(y: Cells, x: Cells, dim: int) -> Expression:
    def joined(before: OperandLike, now: OperandLike) -> Expression:
        return MAX(before, now) + log1p(EXP(-ABS(as_expression(before) - now)))

    return _running(y, x, dim, joined)
