"""Rows of max pools, with the winners' places, and of their way back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from excel_export.formulas import IF, Expression, OperandLike, call, equal, table, total
from excel_export.formulas.idioms import first_place
from excel_export.recorder.rows.products import Taps
from excel_export.recorder.rows.table import Cells, row


def _windows(
    x: Cells, y: Cells, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> tuple[Taps, int]:
    taps = Taps(x.shape[-len(kernel) :], y.shape[-len(kernel) :], kernel, stride or kernel, padding, dilation)
    return taps, len(kernel)


@row("max_pool2d_with_indices", "max_pool3d_with_indices", reads_results=True)
def _max_pool(
    y: Cells, which: Cells, x: Cells, kernel: Sequence[int], stride: Sequence[int] = (), padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,), ceil_mode: bool = False,
) -> tuple[Expression, Expression]:  # fmt: skip
    """Of each window the largest number, and its place in the channel in reading order; of equal ones the first."""
    taps, rank = _windows(x, y, kernel, stride, padding, dilation)

    def places(at: Sequence[int]) -> list[tuple[int, ...]]:
        return [place for _, _, place in taps.by(0, at[-rank:])]

    def largest(*at: int) -> Expression:
        return call("MAX", *(x.at(*at[:-rank], *place) for place in places(at)))

    def winner(*at: int) -> Expression:
        inside = places(at)
        numbers = [int(np.ravel_multi_index(place, x.shape[-rank:])) for place in inside]
        found = first_place(y.at(*at), [(x.at(*at[:-rank], *place), 1) for place in inside])
        return call("CHOOSE", found, *numbers) if len(numbers) > 1 else found * 0 + numbers[0]

    return table(y.shape, largest), table(y.shape, winner)


@row("max_pool2d_with_indices_backward", "max_pool3d_with_indices_backward")
def _max_pool_backward(
    grad: Cells, x: Cells, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int],
    dilation: Sequence[int], ceil_mode: bool, which: Cells,
) -> Expression:  # fmt: skip
    taps, rank = _windows(x, grad, kernel, stride, padding, dilation)

    def gained(*at: int) -> OperandLike:
        own = int(np.ravel_multi_index(at[-rank:], x.shape[-rank:]))
        seen = ((*at[:-rank], *stop) for stop, _, _ in taps.by(2, at[-rank:]))
        return total(IF(equal(which.at(*stop), own), grad.at(*stop), 0) for stop in seen)

    return table(x.shape, gained)
