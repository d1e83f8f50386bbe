"""avg_pool2d: the mean of each window. Its gradient is shared out evenly."""

import math

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.words import size
from excel_export.ops._average_pool import AveragePool, Window
from excel_export.ops._numbers import EXTREME_IMAGE, IMAGE, PICTURE, randn
from excel_export.ops._windows import pair


@operator(F.avg_pool2d)
class avg_pool2d(AveragePool):
    """Average pooling of (…, H, W). Padding counts as zeros, unless `count_include_pad` is off."""

    kernel_size: int | tuple[int, ...]
    stride: int | tuple[int, ...] | None = None
    padding: int | tuple[int, ...] = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    called = "average pool of {input}"
    forward_words = "Each window is replaced by its mean."
    forward_math = "y = mean of the window"

    def forward_words_here(self, y: Tensor) -> str:
        what = "mean" if self.divisor_override is None else f"sum divided by {self.divisor_override}"
        words = (
            f"Each window of {size(pair(self.kernel_size))} numbers becomes its {what}: "
            f"{size(self.input.shape[-2:])} become {size(y.shape[-2:])}."
        )
        if pair(self.padding) == (0, 0):
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
        n = math.prod(pair(self.kernel_size))
        return f"When one of the {n} numbers of a window grows by 1, the mean grows by 1/{n}. So each gets g / {n}."

    def backward_math_here(self, y: Tensor) -> str:
        if self.divisor_override is not None:
            return f"∂L/∂x = g / {self.divisor_override}, added up over the windows that see x"
        return f"∂L/∂x = g / {math.prod(pair(self.kernel_size))}" if self._is_plain else self.backward_math

    @property
    def _is_plain(self) -> bool:
        """Whether the windows lie side by side, and all have the same size."""
        kernel = pair(self.kernel_size)
        whole = all(n % k == 0 for n, k in zip(self.input.shape[-2:], kernel, strict=True))
        steps = pair(self.stride or self.kernel_size)
        return whole and kernel == steps and pair(self.padding) == (0, 0) and self.divisor_override is None

    @property
    def divisor(self) -> int | None:
        return self.divisor_override

    def windows(self, y: Tensor) -> tuple[list[Window], list[Window]]:
        def axis(which: int) -> list[Window]:
            settings = (self.kernel_size, self.stride or self.kernel_size, self.padding)
            size, step, pad = (pair(setting)[which] for setting in settings)
            length = self.input.shape[which - 2]
            windows = []
            for i in range(y.shape[which - 2]):
                start = i * step - pad
                # With ceil_mode a window may hang over even the padding; that part never counts.
                stop = min(start + size, length + pad)
                seen = slice(max(start, 0), min(stop, length))
                windows.append((seen, stop - start if self.count_include_pad else seen.stop - seen.start))
            return windows

        return axis(0), axis(1)

    @staticmethod
    def examples() -> Examples:
        yield Example("", nn.AvgPool2d(2), PICTURE)
        yield Example("random", lambda x: F.avg_pool2d(x, 2), IMAGE)
        yield Example("overlapping", nn.AvgPool2d(3, stride=1), IMAGE)
        yield Example("padded", nn.AvgPool2d(3, stride=2, padding=1), IMAGE)
        yield Example("padding not counted", nn.AvgPool2d(3, padding=1, count_include_pad=False), IMAGE)
        yield Example("ceil_mode", nn.AvgPool2d((2, 3), ceil_mode=True), IMAGE)
        yield Example("ceil_mode padded", nn.AvgPool2d(3, 2, 1, ceil_mode=True), randn(1, 2, 6, 6))
        yield Example("divisor", nn.AvgPool2d(2, divisor_override=3), IMAGE)
        yield Example("unbatched", nn.AvgPool2d((1, 2), (2, 1)), IMAGE[0])

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.avg_pool2d(x, 2), EXTREME_IMAGE)
