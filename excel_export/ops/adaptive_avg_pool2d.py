"""adaptive_avg_pool2d: averages over as many windows as the output is to have."""

import math

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.words import size
from excel_export.ops._average_pool import AveragePool, Window
from excel_export.ops._numbers import EXTREME_IMAGE, IMAGE, PICTURE


@operator(F.adaptive_avg_pool2d)
class adaptive_avg_pool2d(AveragePool):
    """Average pooling of (…, H, W) to a given size; where it does not divide, windows overlap."""

    output_size: int | tuple[int | None, ...]

    called = "average pool of {input}"
    forward_words = "The image is cut into windows, and each becomes its mean."
    forward_math = "y(i, j) = mean of rows ⌊i·H/h⌋ to ⌈(i+1)·H/h⌉ and columns alike"

    def forward_words_here(self, y: Tensor) -> str:
        before, after = size(self.input.shape[-2:]), size(y.shape[-2:])
        if y.shape[-2:] == (1, 1):
            return f"All {before} numbers of a channel become one: their mean."
        return f"{before} numbers are cut into {after} windows, and each becomes its mean."

    def forward_math_here(self, y: Tensor) -> str:
        return "y = mean of the channel" if y.shape[-2:] == (1, 1) else self.forward_math

    def backward_words_here(self, y: Tensor) -> str:
        if y.shape[-2:] != (1, 1):
            return self.backward_words
        n = math.prod(self.input.shape[-2:])
        return f"When one of the {n} numbers grows by 1, their mean grows by 1/{n}. So each gets g / {n}."

    def backward_math_here(self, y: Tensor) -> str:
        return f"∂L/∂x = g / {math.prod(self.input.shape[-2:])}" if y.shape[-2:] == (1, 1) else self.backward_math

    def windows(self, y: Tensor) -> tuple[list[Window], list[Window]]:
        def axis(length: int, n: int) -> list[Window]:
            ends = ((i * length // n, -(-(i + 1) * length // n)) for i in range(n))
            return [(slice(start, stop), stop - start) for start, stop in ends]

        return axis(self.input.shape[-2], y.shape[-2]), axis(self.input.shape[-1], y.shape[-1])

    @staticmethod
    def examples() -> Examples:
        yield Example("", nn.AdaptiveAvgPool2d(2), PICTURE)
        yield Example("to one", nn.AdaptiveAvgPool2d(1), IMAGE)
        yield Example("uneven", nn.AdaptiveAvgPool2d((4, 3)), IMAGE)
        yield Example("growing", lambda x: F.adaptive_avg_pool2d(x, (None, 7)), IMAGE[0])

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.adaptive_avg_pool2d(x, 4), EXTREME_IMAGE)
