"""Adaptive average pools: averages over as many windows as the output is to have."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.words import size
from excel_export.ops._average_pool import AveragePool, Window
from excel_export.ops._numbers import EXTREME, EXTREME_IMAGE, IMAGE, PICTURE, ROW, ramp, randn
from excel_export.ops._windows import shares


class AdaptiveAverage(AveragePool):
    """An average pool to a given size; where it does not divide, windows overlap."""

    output_size: int | tuple[int | None, ...]

    forward_words = "The input is cut into windows, and each becomes its mean."
    forward_math = "y(i, …) = mean of the places ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉, from n to m along each axis"

    def forward_words_here(self, y: Tensor) -> str:
        before, after = size(self.input.shape[-self.rank :]), size(y.shape[-self.rank :])
        if self._to_one(y):
            return f"All {before} numbers of a channel become one: their mean."
        return f"{before} numbers are cut into {after} windows, and each becomes its mean."

    def forward_math_here(self, y: Tensor) -> str:
        return "y = mean of the channel" if self._to_one(y) else self.forward_math

    def backward_words_here(self, y: Tensor) -> str:
        if not self._to_one(y):
            return self.backward_words
        n = math.prod(self.input.shape[-self.rank :])
        return f"When one of the {n} numbers grows by 1, their mean grows by 1/{n}. So each gets g / {n}."

    def backward_math_here(self, y: Tensor) -> str:
        return f"∂L/∂x = g / {math.prod(self.input.shape[-self.rank :])}" if self._to_one(y) else self.backward_math

    def _to_one(self, y: Tensor) -> bool:
        return set(y.shape[-self.rank :]) == {1}

    def windows(self, y: Tensor) -> list[list[Window]]:
        sizes = zip(self.input.shape[-self.rank :], y.shape[-self.rank :], strict=True)
        return [[(slice(*span), span[1] - span[0]) for span in shares(*size)] for size in sizes]


@operator(F.adaptive_avg_pool1d, torch.adaptive_avg_pool1d)
class adaptive_avg_pool1d(AdaptiveAverage):
    """Average pooling of (…, L) to a given size; where it does not divide, windows overlap."""

    rank = 1

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AdaptiveAvgPool1d(2), ROW)
        yield Example("to one", nn.AdaptiveAvgPool1d(1), randn(2, 2, 3))
        yield Example("growing", lambda x: F.adaptive_avg_pool1d(x, 5), randn(2, 3))
        yield Extreme("", lambda x: F.adaptive_avg_pool1d(x, 2), EXTREME)


@operator(F.adaptive_avg_pool2d)
class adaptive_avg_pool2d(AdaptiveAverage):
    """Average pooling of (…, H, W) to a given size; where it does not divide, windows overlap."""

    rank = 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AdaptiveAvgPool2d(2), PICTURE)
        yield Example("to one", nn.AdaptiveAvgPool2d(1), IMAGE)
        yield Example("uneven", nn.AdaptiveAvgPool2d((4, 3)), IMAGE)
        yield Example("growing", lambda x: F.adaptive_avg_pool2d(x, (None, 7)), IMAGE[0])
        yield Extreme("", lambda x: F.adaptive_avg_pool2d(x, 4), EXTREME_IMAGE)


@operator(F.adaptive_avg_pool3d)
class adaptive_avg_pool3d(AdaptiveAverage):
    """Average pooling of (…, D, H, W) to a given size; where it does not divide, windows overlap."""

    rank = 3

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AdaptiveAvgPool3d(1), ramp(1, 1, 2, 3, 2))
        yield Example("uneven", nn.AdaptiveAvgPool3d((2, None, 2)), randn(1, 2, 3, 2, 3))
        yield Extreme("", lambda x: F.adaptive_avg_pool3d(x, (1, 2, 2)), EXTREME_IMAGE)
