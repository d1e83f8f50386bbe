"""Average pools with windows of a given size: the mean of each. Its gradient is shared out evenly."""

import math
from collections.abc import Iterator

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.words import size
from excel_export.ops._average_pool import AveragePool, Window
from excel_export.ops._numbers import EXTREME, EXTREME_IMAGE, IMAGE, PICTURE, ROW, ramp, randn
from excel_export.ops._windows import Setting, per_axis


class WindowedAverage(AveragePool):
    """An average pool. Padding counts as zeros, unless `count_include_pad` is off."""

    kernel_size: Setting
    stride: Setting | None = None
    padding: Setting = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    forward_words = "Each window is replaced by its mean."
    forward_math = "y = mean of the window"

    def forward_words_here(self, y: Tensor) -> str:
        what = "mean" if self.divisor_override is None else f"sum divided by {self.divisor_override}"
        words = f"Each window of {size(per_axis(self.kernel_size, self.rank))} numbers becomes its {what}: {size(self.input.shape[-self.rank :])} become {size(y.shape[-self.rank :])}."
        if not any(per_axis(self.padding, self.rank)):
            return words
        return f"{words} Padding counts as zeros." if self.count_include_pad else f"{words} Padding does not count."

    def forward_math_here(self, y: Tensor) -> str:
        return (
            self.forward_math if self.divisor_override is None else f"y = sum of the window / {self.divisor_override}"
        )

    def backward_words_here(self, y: Tensor) -> str:
        if self.divisor_override is not None:
            n = self.divisor_override
            return f"When a number grows by 1, its window's result grows by 1/{n}. So it gets g / {n} from each window."
        if not self._is_plain:
            return self.backward_words
        n = math.prod(per_axis(self.kernel_size, self.rank))
        return f"When one of the {n} numbers of a window grows by 1, the mean grows by 1/{n}. So each gets g / {n}."

    def backward_math_here(self, y: Tensor) -> str:
        if self.divisor_override is not None:
            return f"∂L/∂x = g / {self.divisor_override}, added up over the windows that see x"
        return (
            f"∂L/∂x = g / {math.prod(per_axis(self.kernel_size, self.rank))}" if self._is_plain else self.backward_math
        )

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


@operator(F.avg_pool1d)
class avg_pool1d(WindowedAverage):
    """Average pooling of (…, L). Padding counts as zeros, unless `count_include_pad` is off."""

    rank = 1

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AvgPool1d(2), ROW.repeat(1, 2))
        yield Example("overlapping, padded", nn.AvgPool1d(3, 1, 1, count_include_pad=False), randn(2, 3, 5))
        yield Example("ceil_mode", lambda x: F.avg_pool1d(x, 3, 2, 1, ceil_mode=True), randn(1, 2, 6))
        yield Extreme("", lambda x: F.avg_pool1d(x, 2), EXTREME)


@operator(F.avg_pool2d)
class avg_pool2d(WindowedAverage):
    """Average pooling of (…, H, W). Padding counts as zeros, unless `count_include_pad` is off."""

    rank = 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AvgPool2d(2), PICTURE)
        yield Example("random", lambda x: F.avg_pool2d(x, 2), IMAGE)
        yield Example("overlapping", nn.AvgPool2d(3, stride=1), IMAGE)
        yield Example("padded", nn.AvgPool2d(3, stride=2, padding=1), IMAGE)
        yield Example("padding not counted", nn.AvgPool2d(3, padding=1, count_include_pad=False), IMAGE)
        yield Example("ceil_mode", nn.AvgPool2d((2, 3), ceil_mode=True), IMAGE)
        yield Example("ceil_mode padded", nn.AvgPool2d(3, 2, 1, ceil_mode=True), randn(1, 2, 6, 6))
        yield Example("divisor", nn.AvgPool2d(2, divisor_override=3), IMAGE)
        yield Example("unbatched", nn.AvgPool2d((1, 2), (2, 1)), IMAGE[0])
        yield Extreme("", lambda x: F.avg_pool2d(x, 2), EXTREME_IMAGE)


@operator(F.avg_pool3d)
class avg_pool3d(WindowedAverage):
    """Average pooling of (…, D, H, W). Padding counts as zeros, unless `count_include_pad` is off."""

    rank = 3

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AvgPool3d(2), ramp(1, 1, 2, 4, 2))
        yield Example("padded", nn.AvgPool3d((2, 3, 2), (1, 2, 2), (0, 1, 1)), randn(1, 2, 3, 4, 3))
        yield Example("divisor, unbatched", nn.AvgPool3d(2, divisor_override=3), randn(2, 2, 4, 3))
        yield Extreme("", lambda x: F.avg_pool3d(x, (1, 2, 2)), EXTREME_IMAGE)
