"""Rows of calls with an index that stands in cells. One that no cell decides only moves numbers, and needs no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from excel_export.formulas import (
    IF,
    MOD,
    Expression,
    OperandLike,
    Places,
    as_expression,
    equal,
    look_up,
    table,
)
from excel_export.formulas.lookups import count_where, sum_where
from excel_export.recorder.rows.elementwise import scaled
from excel_export.recorder.rows.table import Cells, of_vectors, row


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
    assert not by_frequency, "a gradient divided by how often a word occurs has no row"

    def gained(word: int, column: int) -> OperandLike:
        pairs = ((indices.at(*at), grad.at(*at, column)) for at in np.ndindex(indices.shape))
        return 0 if word == padding else sum_where(pairs, word)

    return table((count, grad.shape[-1]), gained)


@row("index")
def _index(x: Cells, indices: Sequence[Cells | None]) -> Expression:
    """Return x[i, j, …], with neighbouring index tensors; None takes all of a dimension."""
    axes = [axis for axis, index in enumerate(indices) if index is not None]
    assert axes == list(range(axes[0], axes[-1] + 1)), "index tensors with a gap between them have no row"
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


def _scattered(x: Cells, dim: int, index: Cells, part: Cells) -> Expression:
    return Places.along(dim % len(x.shape), x.shape, index.shape).scattered_sum(index.value, part.value)


@row("scatter_add")
@of_vectors
def _scatter_add(x: Cells, dim: int, index: Cells, source: Cells) -> Expression:
    return x + _scattered(x, dim, index, _cut(source, index.shape))


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
    assert reduce is None, "scatter with a reduction has no row"
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
