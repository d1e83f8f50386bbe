"""adaptive_avg_pool2d: averages over as many windows as the output is to have."""

import torch.nn.functional as F

from excel_export.formulas import Tensor, operator
from excel_export.ops._average_pool import AveragePool, Window


@operator(F.adaptive_avg_pool2d)
class adaptive_avg_pool2d(AveragePool):
    """Average pooling of (…, H, W) to a given size; where it does not divide, windows overlap."""

    output_size: int | tuple[int | None, ...]

    forward_math = "y(i, j) = mean of rows ⌊i·H/h⌋ to ⌈(i+1)·H/h⌉ and columns alike"
    backward_math = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def windows(self, y: Tensor) -> tuple[list[Window], list[Window]]:
        def axis(length: int, n: int) -> list[Window]:
            ends = ((i * length // n, -(-(i + 1) * length // n)) for i in range(n))
            return [(slice(start, stop), stop - start) for start, stop in ends]

        return axis(self.input.shape[-2], y.shape[-2]), axis(self.input.shape[-1], y.shape[-1])
