"""adaptive_avg_pool2d: averages over as many windows as the output is to have."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.operator import Expressions, Operator, operator
from excel_export.ops.avg_pool2d import Window, averages, shares


@operator(F.adaptive_avg_pool2d)
class adaptive_avg_pool2d(Operator):
    """Average pooling of (…, H, W) to a given size; where it does not divide, windows overlap."""

    forward_math = "y(i, j) = mean of rows ⌊i·H/h⌋ to ⌈(i+1)·H/h⌉ and columns alike"
    backward_math = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def forward(self, y: Any, input: Any, output_size: Any) -> Expressions:
        return averages(y, input, *_windows(y, input))

    def backward(self, y: Any, input: Any, output_size: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, shares(y, input, *_windows(y, input))


def _windows(y: Any, input: Any) -> tuple[list[Window], list[Window]]:
    def axis(length: int, n: int) -> list[Window]:
        ends = ((i * length // n, -(-(i + 1) * length // n)) for i in range(n))
        return [(slice(start, stop), stop - start) for start, stop in ends]

    return axis(input.shape[-2], y.shape[-2]), axis(input.shape[-1], y.shape[-1])
