"""Average pools: with windows of a given size, or as many windows as the output is to have.

The mean of each window; its gradient is shared out evenly.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, OperandLike, Phrases, Tensor, of_ranges, table, total
from excel_export.ops._elementwise import row
from excel_export.ops._windows import AXES, AdaptivePool, Pool, Setting, Window, WindowedPool


class AveragePool(Pool):
    """A pool that takes the mean of each window; subclasses say which windows."""

    called = "average pool of {input}"
    backward_words: ClassVar[str] = (
        "When a number of a window grows by 1, the mean grows by 1 divided by the window's size. "
        "So each gets g divided by that size, from every window that sees it."
    )
    backward_math: ClassVar[str] = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def divisor(self, index: Sequence[int], window: Window) -> int:
        """Return the divisor of the sum over the window of the result at `index`: 4 for [[0, 1], [2, 3]]."""
        return math.prod(map(len, window))

    def forward(self, y: Tensor) -> OperandLike:
        axes = self.axes(y)

        def mean(*index: int) -> Expression:
            window = self.at(axes, index)
            places = (slice(each[0], each[-1] + 1) for each in window)
            ranges, counted = self.input[(*index[: -self.rank], *places)].ranges, self.divisor(index, window)
            if counted == math.prod(map(len, window)):
                return of_ranges("AVERAGE", ranges)
            return of_ranges("SUM", ranges) / counted

        return table(y.shape, mean)

    def backward(self, y: Tensor) -> Gradients:
        axes = self.axes(y)
        gained: dict[tuple[int, ...], list[Expression]] = defaultdict(list)
        for index in np.ndindex(y.shape):
            window = self.at(axes, index)
            share = y.grad.at(*index) / self.divisor(index, window)
            for place in product(*window):
                gained[(*index[: -self.rank], *place)].append(share)
        yield self.input, table(self.input.shape, lambda *index: total(gained[index]))


class WindowedAverage(WindowedPool, AveragePool):
    """The mean of each window of `kernel_size`. Padding counts as zeros, unless `count_include_pad` is false."""

    to_what = ". Padding counts as zeros, unless `count_include_pad` is off."

    kernel_size: Setting
    stride: Setting | None = None
    padding: Setting = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    forward_words = "Each window of {window:size} numbers becomes its mean: {before:size} become {after:size}.{padded}"
    forward_math = "y = mean of the window"
    phrases = (
        Phrases(
            lambda self, y: self.divisor_override is not None,
            forward_words="Each window of {window:size} numbers becomes its sum divided by {divisor_override}: {before:size} become {after:size}.{padded}",
            forward_math="y = sum of the window / {divisor_override}",
            backward_words="When a number grows by 1, its window's result grows by 1/{divisor_override}. So it gets g / {divisor_override} from each window.",
            backward_math="∂L/∂x = g / {divisor_override}, added up over the windows that see x",
        ),
        Phrases(
            lambda self, y: self._is_plain,
            backward_words="When one of the {n} numbers of a window grows by 1, the mean grows by 1/{n}. So each gets g / {n}.",
            backward_math="∂L/∂x = g / {n}",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        counts = " Padding counts as zeros." if self.count_include_pad else " Padding does not count."
        padded = counts if any(self.per_axis("padding")) else ""
        return super().pieces(y) | {"n": math.prod(self.window), "padded": padded}

    @property
    def _is_plain(self) -> bool:
        """True if the windows lie side by side, and all have the same size."""
        whole = all(n % k == 0 for n, k in zip(self.input.shape[-self.rank :], self.window, strict=True))
        side_by_side = self.window == self.per_axis("stride") and not any(self.per_axis("padding"))
        return whole and side_by_side and self.divisor_override is None

    def divisor(self, index: Sequence[int], window: Window) -> int:
        if self.divisor_override or not self.count_include_pad:
            return self.divisor_override or super().divisor(index, window)
        settings = (self.window, self.per_axis("stride"), self.per_axis("padding"))
        axes = zip(index[-self.rank :], self.input.shape[-self.rank :], *settings, strict=True)
        # With ceil_mode a window may hang over even the padding; that part never counts.
        return math.prod(min(size, n + 2 * pad - stop * step) for stop, n, size, step, pad in axes)


class AdaptiveAverage(AdaptivePool, AveragePool):
    """The mean of each of `output_size` windows, an axis's own size for None: 5 places to 3 are 0–1, 1–3, 3–4."""

    to_what = " to a given size; where it does not divide, windows overlap."

    output_size: int | tuple[int | None, ...]

    forward_words = "{before:size} numbers are cut into {after:size} windows, and each becomes its mean."
    forward_math = "y(i, …) = mean of the places ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉, from n to m along each axis"
    phrases = (
        Phrases(
            lambda self, y: set(y.shape[-self.rank :]) == {1},
            forward_words="All {before:size} numbers of a channel become one: their mean.",
            forward_math="y = mean of the channel",
            backward_words="When one of the {n} numbers grows by 1, their mean grows by 1/{n}. So each gets g / {n}.",
            backward_math="∂L/∂x = g / {n}",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return super().pieces(y) | {"n": math.prod(self.input.shape[-self.rank :])}


for _rank, _axes in AXES.items():
    _what = f"Average pooling of {_axes}"
    _adaptive = (getattr(F, f"adaptive_avg_pool{_rank}d"), *[torch.adaptive_avg_pool1d] * (_rank == 1))
    row(
        f"avg_pool{_rank}d",
        (getattr(F, f"avg_pool{_rank}d"),),
        WindowedAverage,
        rank=_rank,
        __doc__=_what + WindowedAverage.to_what,
    )
    row(f"adaptive_avg_pool{_rank}d", _adaptive, AdaptiveAverage, rank=_rank, __doc__=_what + AdaptiveAverage.to_what)
