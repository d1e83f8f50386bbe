"""adaptive_avg_pool2d: averages over as many windows as the output is to have."""

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._average_pool import AveragePool, Window
from excel_export.ops._numbers import EXTREME_IMAGE, IMAGE, PICTURE


@operator(F.adaptive_avg_pool2d)
class adaptive_avg_pool2d(AveragePool):
    """Average pooling of (…, H, W) to a given size; where it does not divide, windows overlap."""

    output_size: int | tuple[int | None, ...]

    called = "average pool of {input}"
    forward_math = "y(i, j) = mean of rows ⌊i·H/h⌋ to ⌈(i+1)·H/h⌉ and columns alike"
    backward_math = "∂L/∂x = g / (size of the window), added up over the windows that see x"

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
