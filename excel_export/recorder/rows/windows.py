"""Rows of max pools, with the winners' places, and of their way back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from excel_export.formulas import CHOOSE, IF, Expression, OperandLike, call, equal, table, total
from excel_export.formulas.idioms import first_place
from excel_export.recorder.rows.products import each
from excel_export.recorder.rows.table import Cells, row

Windows = list[list[list[int]]]
"""For each axis, for each stop of the window, the places of the input under it."""


def _sliding(
    x: Cells, y: Cells, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> Windows:
    rank = len(kernel)
    steps = (each(one, rank) for one in (stride or kernel, padding, dilation))
    settings = zip(x.shape[-rank:], y.shape[-rank:], kernel, *steps, strict=True)
    return [
        [[place for k in range(taps) if 0 <= (place := stop * s - p + k * d) < size] for stop in range(stops)]
        for size, stops, taps, s, p, d in settings
    ]


def _adaptive(x: Cells, y: Cells, rank: int) -> Windows:
    sizes = zip(x.shape[-rank:], y.shape[-rank:], strict=True)
    return [[list(range(k * n // m, -(-(k + 1) * n // m))) for k in range(m)] for n, m in sizes]


def _winners(y: Cells, x: Cells, windows: Windows) -> tuple[Expression, Expression]:
    """Of each window the largest number, and its place in the channel in reading order; of equal ones the first."""
    rank = len(windows)

    def places(at: Sequence[int]) -> list[tuple[int, ...]]:
        return [*product(*(axis[k] for axis, k in zip(windows, at[-rank:], strict=True)))]

    def largest(*at: int) -> Expression:
        return call("MAX", *(x.at(*at[:-rank], *place) for place in places(at)))

    def winner(*at: int) -> Expression:
        inside = places(at)
        numbers = [int(np.ravel_multi_index(place, x.shape[-rank:])) for place in inside]
        found = first_place(y.at(*at), [(x.at(*at[:-rank], *place), 1) for place in inside])
        return CHOOSE(found, *numbers)

    return table(y.shape, largest), table(y.shape, winner)


def _to_winners(grad: Cells, x: Cells, which: Cells, windows: Windows) -> Expression:
    """Return for each number the gradients of the windows that it wins."""
    rank = len(windows)
    seen = [[[stop for stop, under in enumerate(axis) if k in under] for k in range(n)]
            for axis, n in zip(windows, x.shape[-rank:], strict=True)]  # fmt: skip

    def gained(*at: int) -> OperandLike:
        own = int(np.ravel_multi_index(at[-rank:], x.shape[-rank:]))
        stops = product(*(axis[k] for axis, k in zip(seen, at[-rank:], strict=True)))
        return total(IF(equal(which.at(*at[:-rank], *stop), own), grad.at(*at[:-rank], *stop), 0) for stop in stops)

    return table(x.shape, gained)


@row("max_pool2d_with_indices", "max_pool3d_with_indices", reads_results=True)
def _max_pool(
    y: Cells, which: Cells, x: Cells, kernel: Sequence[int], stride: Sequence[int] = (), padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,), ceil_mode: bool = False,
) -> tuple[Expression, Expression]:  # fmt: skip
    return _winners(y, x, _sliding(x, y, kernel, stride, padding, dilation))


@row("max_pool2d_with_indices_backward", "max_pool3d_with_indices_backward")
def _max_pool_backward(
    grad: Cells, x: Cells, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int],
    dilation: Sequence[int], ceil_mode: bool, which: Cells,
) -> Expression:  # fmt: skip
    return _to_winners(grad, x, which, _sliding(x, grad, kernel, stride, padding, dilation))


@row("adaptive_max_pool2d", "adaptive_max_pool3d", reads_results=True)
def _adaptive_max_pool(y: Cells, which: Cells, x: Cells, size: Sequence[int]) -> tuple[Expression, Expression]:
    return _winners(y, x, _adaptive(x, y, len(size)))


@row("adaptive_max_pool2d_backward")
def _adaptive_max_pool2d_backward(grad: Cells, x: Cells, which: Cells) -> Expression:
    return _to_winners(grad, x, which, _adaptive(x, grad, 2))


@row("adaptive_max_pool3d_backward")
def _adaptive_max_pool3d_backward(grad: Cells, x: Cells, which: Cells) -> Expression:
    return _to_winners(grad, x, which, _adaptive(x, grad, 3))
