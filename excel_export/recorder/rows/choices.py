"""Rows of calls with an index that stands in cells. One that no cell decides only moves numbers, and needs no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from excel_export.formulas import (
    AND,
    IF,
    LARGE,
    MOD,
    OR,
    SMALL,
    Expression,
    OperandLike,
    Places,
    as_expression,
    equal,
    look_up,
    scattered,
    table,
    total,
)
from excel_export.formulas.idioms import MOST_LINES
from excel_export.formulas.lookups import count_where, sum_where
from excel_export.recorder.rows.elementwise import scaled
from excel_export.recorder.rows.table import Cells, NoRow, of_vectors, row


@row("gather")
@of_vectors
def _gather(x: Cells, dim: int, index: Cells, *, sparse_grad: bool = False) -> Expression:
    axis = dim % len(x.shape)

    def found(*at: int) -> Expression:
        return look_up(x.value, [index.at(*at) if k == axis else n for k, n in enumerate(at)])

    return table(index.shape, found)


@row("index_select")
@of_vectors
def _index_select(x: Cells, dim: int, index: Cells) -> Expression:
    axis = dim % len(x.shape)
    shape = [index.shape[0] if k == axis else n for k, n in enumerate(x.shape)]
    return table(shape, lambda *at: look_up(x.value, [index.at(n) if k == axis else n for k, n in enumerate(at)]))


@row("embedding")
def _embedding(weight: Cells, indices: Cells, *_: object) -> Expression:
    shape = (*indices.shape, weight.shape[1])
    return table(shape, lambda *at: look_up(weight.value, [indices.at(*at[:-1]), at[-1]]))


@row("embedding_dense_backward")
def _embedding_dense_backward(grad: Cells, indices: Cells, count: int, padding: int, by_frequency: bool) -> Expression:
    """Return for each row of the table the sum of the gradients of the places where its number stands."""
    if by_frequency:
        raise NoRow("a gradient divided by how often a word occurs has no row")
    if indices.is_fixed:
        words = np.where(indices.data == padding, -1, indices.data)[..., None]
        columns = np.arange(grad.shape[-1])
        targets = np.where(words < 0, -1, words * len(columns) + columns)
        return scattered((count, len(columns)), [(grad.cells, targets)])

    def gained(word: int, column: int) -> OperandLike:
        pairs = ((indices.at(*at), grad.at(*at, column)) for at in np.ndindex(indices.shape))
        return 0 if word == padding else sum_where(pairs, word)

    return table((count, grad.shape[-1]), gained)


@row("index")
def _index(x: Cells, indices: Sequence[Cells | None]) -> Expression:
    """Return x[i, j, …], with neighbouring index tensors; None takes all of a dimension."""
    axes = [axis for axis, index in enumerate(indices) if index is not None]
    if axes != list(range(axes[0], axes[-1] + 1)):
        raise NoRow("index tensors with a gap between them have no row")
    given = [index for index in indices if index is not None]
    shape = np.broadcast_shapes(*(index.shape for index in given))
    wide = [index.cells.broadcast_to(shape) for index in given]
    first, last = axes[0], axes[-1] + 1

    def found(*at: int) -> Expression:
        own = at[first : first + len(shape)]
        chosen: list[OperandLike] = []
        for index, cells, size in zip(given, wide, x.shape[first:last], strict=True):
            place = cells.element(own)
            # Like PyTorch's, an index below 0 counts from the end.
            chosen.append(MOD(place, size) if index.data.min(initial=0) < 0 else place)
        return look_up(x.value, [*at[:first], *chosen, *at[first + len(shape) :]])

    return table((*x.shape[:first], *shape, *x.shape[last:]), found)


def _added(x: Cells, targets: np.ndarray, part: Cells) -> Expression:
    """Return x with each element of a part added to the element of x, in reading order, that `targets` names."""
    return scattered(x.shape, [(x.cells, np.arange(x.data.size)), (part.cells.broadcast_to(targets.shape), targets)])


def _scattered(x: Cells, dim: int, index: Cells, part: Cells) -> Expression:
    return Places.along(dim % len(x.shape), x.shape, index.shape).scattered_sum(index.value, part.value)


@row("scatter_add")
@of_vectors
def _scatter_add(x: Cells, dim: int, index: Cells, source: Cells) -> Expression:
    part = _cut(source, index.shape)
    if index.is_fixed:
        at = list(np.indices(index.shape))
        at[dim % len(x.shape)] = index.data
        return _added(x, np.ravel_multi_index(at, x.shape), part)
    return x + _scattered(x, dim, index, part)


def _cut(source: Cells, shape: Sequence[int]) -> Cells:
    """Return the first elements of a tensor, as many as an index has along each dimension."""
    if source.shape == tuple(shape):
        return source
    cut = Cells(source.name, source.data[tuple(map(slice, shape))], replace(source.value, shape=tuple(shape)))
    cut.know(source)
    return cut


@row("scatter")
@of_vectors
def _scatter(x: Cells, dim: int, index: Cells, source: Cells | float, *, reduce: str | None = None) -> Expression:
    if reduce is not None:
        raise NoRow("scatter with a reduction has no row")
    places = Places.along(dim % len(x.shape), x.shape, index.shape)
    lines = places.lines(index.value, _cut(source, index.shape).value if isinstance(source, Cells) else None)

    def put(*at: int) -> Expression:
        own, place = lines.get(places.key(at), []), places.flat_index(at)
        if not own:
            return x.at(*at).cells
        new = sum_where(own, place) if isinstance(source, Cells) else as_expression(source)
        return IF(equal(count_where(own, place), 0), x.at(*at), new)

    return table(x.shape, put)


@row("index_add")
@of_vectors
def _index_add(x: Cells, dim: int, index: Cells, source: Cells, *, alpha: float = 1) -> Expression:
    axis = dim % len(x.shape)

    def gained(*at: int) -> OperandLike:
        pairs = [
            (index.at(n), source.at(*(n if k == axis else own for k, own in enumerate(at))))
            for n in range(index.shape[0])
        ]
        return x.at(*at) + scaled(sum_where(pairs, at[axis]), alpha)

    return table(x.shape, gained)


@row("index_put")
def _index_put(x: Cells, indices: Sequence[Cells | None], values: Cells, accumulate: bool = False) -> Expression:
    """Return x with values put, or added, at the places that index tensors name."""
    given = [index for index in indices if index is not None]
    if all(index.is_fixed for index in given):
        numbers = np.arange(x.data.size).reshape(x.shape)
        chosen = [slice(None) if each is None else _place(each) for each in indices]
        return _added(x, numbers[tuple(chosen)], values)  # to put, where no cell decides the place, moves numbers
    if len(given) < len(indices) or any(index.is_truth for index in given):
        raise NoRow("dimensions without an index, and masks, beside live ones have no row")
    shape = np.broadcast_shapes(*(index.shape for index in given))
    live, part = (
        [each.cells.broadcast_to(shape) for each in given],
        values.cells.broadcast_to((*shape, *x.shape[len(given) :])),
    )

    def put(*at: int) -> OperandLike:
        own, rest = at[: len(given)], at[len(given) :]
        meets = [
            (
                AND(
                    *(
                        _is_place(cells.element(k), place, size)
                        for cells, place, size in zip(live, own, x.shape, strict=False)
                    )
                ),
                k,
            )
            for k in np.ndindex(shape)
        ]
        new = total(IF(here, part.element((*k, *rest)), 0) for here, k in meets)
        if accumulate:
            return x.at(*at) + new
        return IF(OR(*(here for here, _ in meets)), new, x.at(*at))

    return table(x.shape, put)


def _place(index: Cells) -> np.ndarray:
    return index.data.astype(bool) if index.is_truth else index.data


def _is_place(index: Expression, place: int, size: int) -> Expression:
    """Whether an index names a place; one below 0 counts from the end."""
    return equal(MOD(index, size), place)


@row("sort", reads_results=True)
def _sort(
    values: Cells, places: Cells, x: Cells, *rest: Any, dim: int = -1, descending: bool = False, stable: bool = True
) -> tuple[Expression, Expression]:
    """Return the numbers of each line in order, and where each stood; of equal ones the first comes first."""
    if rest:  # sort(x, dim, descending)
        dim, descending = rest[0], any(rest[1:])
    return _ranked(values, places, x, dim, descending)


@row("topk", reads_results=True)
def _topk(
    values: Cells, places: Cells, x: Cells, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[Expression, Expression]:
    return _ranked(values, places, x, dim, largest)


def _ranked(values: Cells, places: Cells, x: Cells, dim: int, descending: bool) -> tuple[Expression, Expression]:
    axis = dim % max(1, len(x.shape))
    if not x.shape:
        return x.cells, as_expression(0)
    length = x.shape[axis]
    if length > MOST_LINES:
        raise NoRow(f"to put {length} numbers in order has no row, {MOST_LINES} have")

    def along(index: Sequence[int], place: int) -> tuple[int, ...]:
        return (*index[:axis], place, *index[axis + 1 :])

    def value(*at: int) -> Expression:
        line = x[tuple(slice(None) if k == axis else own for k, own in enumerate(at))].ranges
        if len(line) != 1:
            raise NoRow("to put numbers in order whose cells lie apart has no row")
        return (LARGE if descending else SMALL)(line[0], at[axis] + 1)

    def place(*at: int) -> Expression:
        """The first place that holds the value, behind the place of the one before if that is equal."""
        own, rank = values.at(*at), at[axis]
        before: OperandLike = -1
        if rank:
            former = along(at, rank - 1)
            before = IF(equal(values.at(*former), own), places.at(*former), -1)
        found = as_expression(length - 1)
        for k in reversed(range(length - 1)):
            is_it = equal(x.at(*along(at, k)), own)
            found = IF(AND(is_it, as_expression(before) < k) if rank else is_it, k, found)
        return found

    return table(values.shape, value), table(places.shape, place)
