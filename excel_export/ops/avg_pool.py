"""Average pools: with windows of a given size, or as many windows as the output is to have.

The mean of each window; its gradient is shared out evenly.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, OperandLike, Phrases, Tensor, of_ranges, table, total
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._numbers import extreme_image, ramp, randn
from excel_export.ops._rows import row
from excel_export.ops._windows import Pool, Setting, per_axis, shares

Window = tuple[slice, int]
"""The part of an axis under a window, and the length it counts for."""


class AveragePool(Pool):
    """A mean of windows; subclasses say which."""

    @classmethod
    def extreme(cls) -> Extreme:
        """Windows of 2 in each direction over extreme numbers."""
        return Extreme("", cls.with_settings((1, 2, 2)[3 - cls.rank :]), extreme_image(cls.rank))

    @property
    def divisor(self) -> int | None:
        """What every sum is divided by, where it is not the size of the window."""
        return None

    called = "average pool of {input}"
    backward_words: ClassVar[str] = (
        "When a number of a window grows by 1, the mean grows by 1 divided by the window's size. "
        "So each gets g divided by that size, from every window that sees it."
    )
    backward_math: ClassVar[str] = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def windows(self, y: Tensor) -> list[list[Window]]:
        """The windows along each axis."""
        raise NotImplementedError

    def forward(self, y: Tensor) -> OperandLike:
        axes = self.windows(y)

        def mean(*index: int) -> Expression:
            lead, windows = index[: -self.rank], self._at(axes, index)
            counted, seen = self._size(windows), math.prod(part.stop - part.start for part, _ in windows)
            ranges = self.input[(*lead, *(part for part, _ in windows))].ranges
            return of_ranges("AVERAGE", ranges) if counted == seen else of_ranges("SUM", ranges) / counted

        return table(y.shape, mean)

    def backward(self, y: Tensor) -> Gradients:
        axes = self.windows(y)
        gained: dict[tuple[int, ...], list[Expression]] = defaultdict(list)
        for index in np.ndindex(y.shape):
            windows = self._at(axes, index)
            share = y.grad.at(*index) / self._size(windows)
            for place in product(*(range(part.start, part.stop) for part, _ in windows)):
                gained[(*index[: -self.rank], *place)].append(share)
        yield self.input, table(self.input.shape, lambda *index: total(gained[index]))

    def _at(self, axes: list[list[Window]], index: tuple[int, ...]) -> list[Window]:
        return [windows[k] for windows, k in zip(axes, index[-self.rank :], strict=True)]

    def _size(self, windows: list[Window]) -> int:
        return self.divisor or math.prod(length for _, length in windows)


class Windowed(AveragePool):
    """An average pool. Padding counts as zeros, unless `count_include_pad` is off."""

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
        window = per_axis(self.kernel_size, self.rank)
        return {
            "window": window,
            "n": math.prod(window),
            "before": self.input.shape[-self.rank :],
            "after": y.shape[-self.rank :],
            "padded": counts if any(per_axis(self.padding, self.rank)) else "",
        }

    @property
    def _is_plain(self) -> bool:
        """Whether the windows lie side by side, and all have the same size."""
        kernel = per_axis(self.kernel_size, self.rank)
        whole = all(n % k == 0 for n, k in zip(self.input.shape[-self.rank :], kernel, strict=True))
        steps = per_axis(self.stride or self.kernel_size, self.rank)
        return (
            whole and kernel == steps and not any(per_axis(self.padding, self.rank)) and self.divisor_override is None
        )

    @property
    def divisor(self) -> int | None:
        return self.divisor_override

    def windows(self, y: Tensor) -> list[list[Window]]:
        settings = (self.kernel_size, self.stride or self.kernel_size, self.padding)
        kernel, stride, padding = (per_axis(setting, self.rank) for setting in settings)
        sizes = (self.input.shape[-self.rank :], y.shape[-self.rank :])
        return [list(self._windows(*axis)) for axis in zip(kernel, stride, padding, *sizes, strict=True)]

    def _windows(self, size: int, step: int, pad: int, length: int, stops: int) -> Iterator[Window]:
        """The windows along one axis."""
        for i in range(stops):
            start = i * step - pad
            # With ceil_mode a window may hang over even the padding; that part never counts.
            stop = min(start + size, length + pad)
            seen = slice(max(start, 0), min(stop, length))
            yield seen, stop - start if self.count_include_pad else seen.stop - seen.start

    @classmethod
    def cases(cls) -> Cases:
        rank, pool = cls.rank, cls.with_settings
        image, three = randn(2, 2, *((7,), (6, 5), (2, 4, 3))[rank - 1]), (2, 3, 3)[3 - rank :]
        yield Example("", pool(2), ramp(1, 1, *((6,), (4, 4), (2, 4, 2))[rank - 1]))
        yield Example("random", pool(2), image)
        yield Example("overlapping", pool(three, 1), image)
        yield Example("padded", pool(three, 2, 1), image)
        yield Example("padding not counted", pool(three, 1, 1, count_include_pad=False), image)
        yield Example("ceil_mode", pool((2, 3, 2)[:rank], ceil_mode=True), image)
        yield Example("ceil_mode padded", pool(three, 2, 1, ceil_mode=True), randn(1, 2, *(2, 6, 6)[3 - rank :]))
        yield Example("unbatched", pool((1, 1, 2)[3 - rank :], (1, 2, 1)[3 - rank :]), image[0])
        if rank > 1:
            yield Example("divisor", pool(2, divisor_override=3), image)
        yield cls.extreme()


class Adaptive(AveragePool):
    """An average pool to a given size; where it does not divide, windows overlap."""

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
        before = self.input.shape[-self.rank :]
        return {"before": before, "after": y.shape[-self.rank :], "n": math.prod(before)}

    def windows(self, y: Tensor) -> list[list[Window]]:
        sizes = zip(self.input.shape[-self.rank :], y.shape[-self.rank :], strict=True)
        return [[(slice(*span), span[1] - span[0]) for span in shares(*size)] for size in sizes]

    @classmethod
    def cases(cls) -> Cases:
        rank, pool = cls.rank, cls.with_settings
        image = randn(2, 2, *((4,), (6, 5), (3, 2, 3))[rank - 1])
        yield Example("", pool((1, 2, 2)[3 - rank :]), ramp(1, 1, *((3,), (4, 4), (2, 3, 2))[rank - 1]))
        yield Example("to one", pool((1,) * rank), image)
        yield Example("uneven", pool(((3,), (4, 3), (2, None, 2))[rank - 1]), image)
        yield Example("growing, unbatched", pool(((5,), (None, 7), (4, 2, 3))[rank - 1]), image[0])
        yield cls.extreme()


_AXES = {1: "(…, L)", 2: "(…, H, W)", 3: "(…, D, H, W)"}
for _name, _rank, _base, _functions in (
    ("avg_pool1d", 1, Windowed, (F.avg_pool1d,)),
    ("avg_pool2d", 2, Windowed, (F.avg_pool2d,)),
    ("avg_pool3d", 3, Windowed, (F.avg_pool3d,)),
    ("adaptive_avg_pool1d", 1, Adaptive, (F.adaptive_avg_pool1d, torch.adaptive_avg_pool1d)),
    ("adaptive_avg_pool2d", 2, Adaptive, (F.adaptive_avg_pool2d,)),
    ("adaptive_avg_pool3d", 3, Adaptive, (F.adaptive_avg_pool3d,)),
):
    row(_name, _functions, _base, rank=_rank, __doc__=f"Average pooling of {_AXES[_rank]}{_base.to_what}")
