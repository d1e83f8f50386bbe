"""The sums of products of a filter that slides over an image: forward, and both ways back.

An image is (N, C, …), its stops are (N, O, …), the filters (O, C / groups, …), with one to three axes behind; N may be
missing. A convolution computes stops from an image, and its gradients go the other ways. A transposed convolution
computes an image from stops. So both are made of the same three sums.

Every sum is a SUMPRODUCT of two rectangles. To make them rectangles, helper tensors may stand on the sheet: the
filters turned by 180° (slid over the stops, as forward they are over the image, they give the image's sum), the filters
with zeros between their elements (dilation), the stops with zeros between their elements (stride).

A few channels are summed one SUMPRODUCT each, which reads like the textbook. Many channels are copied row by row
into one tall image, so that a window over all of them is a single rectangle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from excel_export.formulas import Expression, Grid, Helper, Region, Tensor, as_expression, rearranged, sum_of_products
from excel_export.formulas.operator import Band, Layout
from excel_export.ops._windows import Span, Sweep, flip, sweep

# Up to this many channels are summed one by one.
READABLE = 12

Cells = Callable[[], Expression]
"""Returns the cells of a tensor, once it is placed."""


@dataclass(frozen=True, eq=False)
class Sliding:
    """Filters that slide over an image, (N, C, …) or (C, …): its stops are a tensor (N, O, …) or (O, …)."""

    weight: Tensor
    """The filters, of shape (O, C / groups, …)."""
    groups: int
    """The number of groups of channels; a filter reads the channels of one group."""
    stride: tuple[int, ...]
    """The places from a stop to the next, along each axis: (1, 1)."""
    edges: tuple[int, ...]
    """The number of places by which each axis is padded before its beginning: (0, 0)."""
    dilation: tuple[int, ...]
    """The places from a weight to the next, along each axis: (1, 1)."""

    @property
    def rank(self) -> int:
        """The number of axes of an image: 2 for (N, C, H, W)."""
        return len(self.stride)

    @property
    def per_group(self) -> int:
        """The number of the image's channels that a filter reads: 2 for 4 channels in 2 groups."""
        return self.weight.shape[1]

    @property
    def filters(self) -> int:
        """The number of filters in a group: 3 for 6 filters in 2 groups."""
        return self.weight.shape[0] // self.groups

    @property
    def kernel(self) -> tuple[int, ...]:
        """The size of a filter along each axis: (3, 3)."""
        return self.weight.shape[2:]

    @property
    def reach(self) -> tuple[int, ...]:
        """The places along each axis from a filter's first to its last, gaps included: (5, 5) for 3×3, dilation 2."""
        return _extent(self.kernel, self.dilation)

    def helpers_to_stops(self, image: tuple[int, ...], cells: Cells, letter: str, band: Band) -> dict[str, Helper]:
        """Return the helper tensors that `to_stops` reads, by name: {'w spread': Helper(…)} with a dilation; else {}.

        If a filter reads more than 12 channels and has several axes, they are 'x rows' and 'w rows' instead.

        Args:
            image: the shape of the image.
            cells: lambda: x.cells for an image x; called once it has cells.
            letter: its name in the helpers' names and titles: 'x' for an input, 'g' for a gradient.
            band: the helper of the image stands among the values of 'forward' or 'backward'; others at the parameters.
        """
        # Along a single axis the channels are rows already.
        if self.per_group > READABLE and self.rank > 1:
            batched = self._batched(image)
            rows = Helper(batched, f"the channels of {letter}, row by row", lambda: cells().reshape(*batched),
                          band, "second interleaved")  # fmt: skip
            text = "the channels of w, row by row"
            return {
                f"{letter} rows": rows,
                "w rows": Helper(self._wide, text, self._spread, "parameters", "second interleaved"),
            }
        if self.reach != self.kernel:
            text = "w with zeros between (dilation)"
            return {"w spread": Helper(self._wide, text, self._spread, "parameters", "matrix")}
        return {}

    def to_stops(self, shape: Sequence[int], image: Grid, helpers: dict[str, Grid], letter: str) -> Expression:
        """Return at each stop the sum over the numbers under the filter: SUMPRODUCT(B3:C4,F3:G4), without padding.

        Args:
            shape: that of the stops, and of the result.
            image: the cells of the image.
            helpers: the cells of the `helpers_to_stops`, by name.
            letter: the image's name in these names: 'x'.
        """
        x = helpers.get(f"{letter} rows", image)
        w = helpers.get("w rows", helpers.get("w spread", self.weight.value))
        sizes = x.shape[-self.rank :]
        sweeps = [
            sweep(stops, stride, -edge, reach, size)
            for stops, stride, edge, reach, size in zip(
                shape[-self.rank :], self.stride, self.edges, w.shape[2:], sizes, strict=True
            )
        ]

        per_group, filters = self.per_group, self.filters
        return self._slid(shape, x, w, sweeps, per_group, lambda o: (o // filters * per_group, o, slice(None)))

    def helpers_to_image(self, stops: tuple[int, ...], cells: Cells, letter: str, band: Band) -> dict[str, Helper]:
        """Return the helper tensors that `to_image` reads, by name: {'g spread': Helper(…), 'w turned': Helper(…)}.

        'g spread' comes with a stride, 'g rows' with more than 12 filters in a group and several axes. 'w turned' is
        missing only for up to 12 filters, if these or the stops are 1×1. `stops` is the shape of the stops; `cells`,
        `letter` and `band` are as in `helpers_to_stops`, but of the stops: lambda: y.grad.cells, 'g', 'backward'.
        """
        sizes = stops[-self.rank :]
        extent = _extent(sizes, self.stride)
        spread = (*stops[: -self.rank], *extent)

        def wide() -> Expression:
            return _spread(cells(), self.stride)

        def turned() -> Expression:
            return self._spread()[(..., *(slice(None, None, -1),) * self.rank)]

        wanted = {}
        if extent != sizes:
            wanted[f"{letter} spread"] = Helper(spread, f"{letter} with zeros between (stride)", wide, band)
        text = f"w turned by 180°: it slides over {letter}"
        if self.filters > READABLE and self.rank > 1:
            batched = self._batched(spread)
            wanted[f"{letter} rows"] = Helper(batched, f"the channels of {letter}, row by row",
                                              lambda: wide().reshape(*batched), band, "second interleaved")  # fmt: skip
            text = f"w turned by 180°, filters row by row: it slides over {letter}"
            wanted["w turned"] = Helper(self._wide, text, turned, "parameters", "first interleaved")
        elif self.rank == 1 or (set(self.reach) != {1} and set(sizes) != {1}):
            layout: Layout = "first interleaved" if self.rank == 1 else "matrix"
            wanted["w turned"] = Helper(self._wide, text, turned, "parameters", layout)
        return wanted

    def to_image(self, shape: Sequence[int], stops: Grid, helpers: dict[str, Grid], letter: str) -> Expression:
        """Return for each number of the image, in its `shape`, the sum of weight times stop over the weights it met.

        `stops` are the cells of the stops, `helpers` those of the `helpers_to_image`, in whose names `letter` stands.
        """
        g = helpers.get(f"{letter} rows", helpers.get(f"{letter} spread", stops))
        w = helpers.get("w turned", helpers.get("w spread", self.weight.value))
        sweeps = [
            sweep(size, 1, edge - reach + 1, reach, extent)
            for size, edge, reach, extent in zip(
                shape[-self.rank :], self.edges, w.shape[2:], g.shape[-self.rank :], strict=True
            )
        ]
        if "w turned" not in helpers:  # one element of the filter at a time: take it from the other end
            sweeps = [
                [(of_g, flip(of_w, size)) for of_g, of_w in along]
                for along, size in zip(sweeps, w.shape[2:], strict=True)
            ]

        per_group, filters = self.per_group, self.filters

        def which(c: int) -> tuple[Any, ...]:
            first = c // per_group * filters
            return first, slice(first, first + filters), c % per_group

        return self._slid(shape, g, w, sweeps, filters, which)

    def _slid(
        self, shape: Sequence[int], grid: Grid, weight: Grid, sweeps: list[Sweep], count: int,
        which: Callable[[int], tuple[Any, ...]],
    ) -> Expression:  # fmt: skip
        """Return at each place the sum of products of a window of a grid with a kernel, over `count` channels.

        For a channel of the result, `which` returns the first channel of its windows, and the index of its kernel.
        """
        rank, places = self.rank, _Places(sweeps)

        @cache
        def window(n: tuple[int, ...], first: int, spans: int) -> Region:
            return grid[(*self._sample(grid, n), slice(first, first + count), *places.slices[spans])]

        @cache
        def kernel(channel: int, spans: int) -> Region:
            return weight[(*which(channel)[1:], *places.slices[spans])]

        def factors(*index: int) -> tuple[Region, Region]:
            of_grid, of_weight = places.at(index[-rank:])
            *n, channel = index[:-rank]
            return window(tuple(n), which(channel)[0], of_grid), kernel(channel, of_weight)

        return sum_of_products(shape, factors)

    def to_weight(self, stops: Grid, image: Grid, spread: Grid | None) -> Expression:
        """Return for each weight, in its shape, the sum over all stops of stop times the number that it met.

        Args:
            stops: the cells of the stops.
            image: those of the image.
            spread: those of the stops with zeros between them, stride − 1; None if the stride is 1.
        """
        g = spread or stops
        sweeps = [
            sweep(size, gap, -edge, extent, length)
            for size, gap, edge, extent, length in zip(
                self.kernel, self.dilation, self.edges, g.shape[-self.rank :], image.shape[-self.rank :], strict=True
            )
        ]

        @cache
        def gradient(o: int, spans: tuple[Span, ...]) -> Region:
            return g[(*self._all(g), o, *_slices(spans))]

        @cache
        def window(c: int, spans: tuple[Span, ...]) -> Region:
            return image[(*self._all(image), c, *_slices(spans))]

        def element(o: int, c: int, *places: int) -> tuple[Region, Region]:
            pairs = [along[k] for along, k in zip(sweeps, places, strict=True)]
            channel = o // self.filters * self.per_group + c
            return (
                gradient(o, tuple(of_g for _, of_g in pairs)),
                window(channel, tuple(of_x for of_x, _ in pairs)),
            )

        return sum_of_products(self.weight.shape, element)

    @property
    def _wide(self) -> tuple[int, ...]:
        return (*self.weight.shape[:2], *self.reach)

    def _spread(self) -> Expression:
        return _spread(self.weight.cells, self.dilation)

    def _batched(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape if len(shape) == self.rank + 2 else (1, *shape)

    def _sample(self, grid: Grid, n: tuple[int, ...]) -> tuple[int, ...]:
        """Return the index of the sample: helpers have one even if there is no batch."""
        return (n or (0,)) if len(grid.shape) == self.rank + 2 else ()

    def _all(self, grid: Grid) -> tuple[slice, ...]:
        return (slice(None),) * (len(grid.shape) - self.rank - 1)


class _Places:
    """The spans of both factors at each place, as numbers: every channel reads them."""

    def __init__(self, sweeps: list[Sweep]) -> None:
        self.slices: list[tuple[slice, ...]] = []
        self._sweeps = sweeps
        self._numbers: dict[tuple[Span, ...], int] = {}
        self._found: dict[tuple[int, ...], tuple[int, int]] = {}

    def at(self, place: tuple[int, ...]) -> tuple[int, int]:
        """Return the numbers of the spans of one place and the other."""
        found = self._found.get(place)
        if found is None:
            pairs = [along[k] for along, k in zip(self._sweeps, place, strict=True)]
            found = self._number(tuple(one for one, _ in pairs)), self._number(tuple(other for _, other in pairs))
            self._found[place] = found
        return found

    def _number(self, spans: tuple[Span, ...]) -> int:
        if spans not in self._numbers:
            self._numbers[spans] = len(self.slices)
            self.slices.append(_slices(spans))
        return self._numbers[spans]


def _extent(sizes: Sequence[int], step: Sequence[int]) -> tuple[int, ...]:
    return tuple((n - 1) * s + 1 for n, s in zip(sizes, step, strict=True))


def _slices(spans: tuple[Span, ...]) -> tuple[slice, ...]:
    return tuple(slice(*span) for span in spans)


def _spread(cells: Expression, step: tuple[int, ...]) -> Expression:
    """Return cells with step − 1 zeros between neighbours in the last dimensions."""
    if set(step) == {1}:
        return cells
    lead = cells.shape[: -len(step)]
    sizes = _extent(cells.shape[-len(step) :], step)
    places = (*(slice(None) for _ in lead), *(slice(None, None, s) for s in step))

    def put(texts: np.ndarray, zero: np.ndarray) -> np.ndarray:
        wide = np.empty((*lead, *sizes), dtype=texts.dtype)
        wide[...] = zero
        wide[places] = texts
        return wide

    return rearranged((cells, as_expression(0)), put)
