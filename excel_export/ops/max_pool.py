"""Max pools, with windows of a given size or as many as the output is to have; with the winners' places, or without.

The largest element of each window. Its gradient goes to the winner alone.
"""

import math
from collections import Counter
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import CHOOSE, IF, Expression, Gradients, Helper, OperandLike, Phrases, Tensor, equal
from excel_export.formulas.arrays import MOST_ARGUMENTS, of_ranges, reduce, scattered, table
from excel_export.formulas.expression import as_expression
from excel_export.formulas.idioms import MOST_LINES, Line, first_place
from excel_export.ops._elementwise import row
from excel_export.ops._windows import AXES, AdaptivePool, Pool, Setting, Window, WindowedPool, shares


class MaxPool(Pool):
    """A pool that takes the maximum of each window. Of equal elements the first in reading order wins."""

    seeks_result = True
    called = "max pool of {input}"
    forward_words = "Of each window of {window:size} numbers only the largest is kept: {before:size} become {after:size}, in each channel by itself."
    forward_math = "y = max of the window"
    backward_words = (
        "Only the winner of a window decides its result, so it gets the window's gradient. "
        "A small nudge to a smaller one changes nothing: the others get 0."
    )
    backward_math = "∂L/∂x = g where x is the window's first maximum, else 0"
    phrases = (
        Phrases(
            lambda self, y: self.overlaps(y),
            backward_words=f"{backward_words} A number that wins several windows gets the sum.",
            backward_math="∂L/∂x = Σ g over the windows whose first maximum is x",
        ),
    )

    @property
    def window(self) -> tuple[int, ...]:
        """The size of the largest window along each axis: (2, 2)."""
        raise NotImplementedError

    @property
    def has_gaps(self) -> bool:
        """True if a window leaves out places between its own, by a dilation above 1."""
        return False

    def overlaps(self, y: Tensor) -> bool:
        """Return whether a number of the input lies in several windows, as for a stride of 1 and windows of 2.

        `y` is the result: its shape is the number of windows.
        """
        seen = (Counter(place for window in axis for place in window) for axis in self.axes(y))
        return any(max(counts.values()) > 1 for counts in seen)

    def check(self) -> str | None:
        *outer, last = self.window
        lines = math.prod(outer) * (last if self.has_gaps else 1)
        return None if lines <= MOST_LINES else f"windows of {lines} lines of cells are not supported, {MOST_LINES} are"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        axes = self.axes(y)

        def winner(*index: int) -> Expression:
            return first_place(y.at(*index), self._lines(index, self.at(axes, index)))

        text = "the winner's place in its window, in reading order from 1"
        return {"winner": Helper(y.shape, text, lambda: table(y.shape, winner), "backward")}

    def forward(self, y: Tensor) -> OperandLike:
        axes = self.axes(y)

        def largest(*index: int) -> Expression:
            return of_ranges("MAX", [line for line, _ in self._lines(index, self.at(axes, index))])

        if self.has_gaps:
            return table(y.shape, largest)
        return reduce("MAX", y.shape, lambda *index: self.input[(
            *index[: -self.rank], *(slice(places[0], places[-1] + 1) for places in self.at(axes, index)),
        )])  # fmt: skip

    def backward(self, y: Tensor) -> Gradients:
        axes, shape = self.axes(y), self.input.shape
        most = math.prod(max(map(len, axis)) for axis in axes)
        sees = np.full((most, *y.shape), -1)
        for index in np.ndindex(y.shape):
            for place, at in enumerate(product(*self.at(axes, index))):
                sees[(place, *index)] = np.ravel_multi_index((*index[: -self.rank], *at), shape)
        winner = y.helpers["winner"]
        passed = [(IF(equal(winner, place), y.grad, 0), cells) for place, cells in enumerate(sees, start=1)]
        yield self.input, scattered(shape, passed)

    def _lines(self, index: tuple[int, ...], window: Window) -> list[Line]:
        """A window as lines of cells: single cells where dilation leaves gaps."""
        *outer, last = window
        lead = index[: -self.rank]
        lines: list[Line] = []
        for at in product(*outer):
            if last[-1] - last[0] + 1 != len(last):
                lines += [(self.input.at(*lead, *at, place), 1) for place in last]
            else:
                line = self.input[(*lead, *at, slice(last[0], last[-1] + 1))]
                lines.append((line.ranges[0], len(last)))
        return lines


class WithIndices(MaxPool):
    """A max pool with two results: the maxima, and their places in the channel, from 0 on in reading order."""

    called = "max pool of {input}, result {result}"
    forward_words = f"{MaxPool.forward_words} The second result says where each of them stood."
    forward_math = "(y, places) = max of the window, and its place in the channel, counted from 0 in reading order"

    def check(self) -> str | None:
        most = MOST_ARGUMENTS - 1
        if math.prod(self.window) > most:
            return f"places in windows of more than {most} numbers are not supported"
        return super().check()

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        wanted = super().helpers(y)["winner"]
        return {"winner": Helper(wanted.shape, wanted.text, wanted.formula)}

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        y, _ = results
        axes, sizes = self.axes(y), self.input.shape[-self.rank :]

        def stood(*index: int) -> Expression:
            places = [int(np.ravel_multi_index(at, sizes)) for at in product(*self.at(axes, index))]
            winner = y.helpers["winner"].at(*index)
            return as_expression(places[0]) if len(places) == 1 else CHOOSE(winner, *places)

        return self.forward(y), table(y.shape, stood)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        return self.backward(results[0])


class WindowedMax(WindowedPool, MaxPool):
    """The maximum of each window of `kernel_size`; with `return_indices` PyTorch gives its place, too."""

    to_what = ""

    kernel_size: Setting
    stride: Setting | None = None
    padding: Setting = 0
    dilation: Setting = 1
    ceil_mode: bool = False
    return_indices: bool = False

    @property
    def has_gaps(self) -> bool:
        return set(self.per_axis("dilation")) != {1}


class AdaptiveMax(AdaptivePool, MaxPool):
    """The maximum of each of `output_size` windows, an axis's own size for None: 5 places to 3 are 0–1, 1–3, 3–4."""

    to_what = " to a given size"

    output_size: int | tuple[int | None, ...]
    return_indices: bool = False
    """True for the places of the maxima, too: then there are two results, as in PyTorch."""

    @property
    def window(self) -> tuple[int, ...]:
        sizes = self.input.shape[-self.rank :]
        wanted = (self.output_size,) * self.rank if isinstance(self.output_size, int) else tuple(self.output_size)
        wanted = wanted * self.rank if len(wanted) == 1 else wanted
        return tuple(max(stop - start for start, stop in shares(n, m or n)) for n, m in zip(sizes, wanted, strict=True))


_C = torch._C._nn
for _base, _name, _with_indices in (
    (WindowedMax, "max_pool", (torch.max_pool1d_with_indices, _C.max_pool2d_with_indices, _C.max_pool3d_with_indices)),
    (AdaptiveMax, "adaptive_max_pool", (torch.adaptive_max_pool1d, _C.adaptive_max_pool2d, _C.adaptive_max_pool3d)),
):
    for _rank, _axes in AXES.items():
        _pool, _places = f"{_name}{_rank}d", f"{_name}{_rank}d_with_indices"
        _also = [getattr(torch, _pool)] if _base is WindowedMax else []
        _what = f"Max pooling of {_axes}{_base.to_what}"
        row(_pool, (getattr(F, _pool), *_also), _base, rank=_rank, __doc__=f"{_what}.")
        _what += ", and the places of the winners."
        row(_places, (getattr(F, _places), _with_indices[_rank - 1]), WithIndices, _base, rank=_rank, __doc__=_what)
