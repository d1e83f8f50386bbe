"""avg_pool2d: the mean of each window. Its gradient is shared out evenly."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formula import call, plus, table
from excel_export.operator import Expressions, Operator, operator
from excel_export.ops.max_pool2d import window


@operator(F.avg_pool2d)
class avg_pool2d(Operator):
    """Average pooling of (N, C, H, W)."""

    forward_math = "y = mean of the window"
    backward_math = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def check(self, **arguments: Any) -> str | None:
        plain = arguments["padding"] == 0 and not arguments["ceil_mode"] and arguments["divisor_override"] is None
        return None if plain else "padding, ceil_mode and divisor_override are not supported"

    def forward(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
                ceil_mode: bool = False, count_include_pad: bool = True,
                divisor_override: int | None = None) -> Expressions:  # fmt: skip
        return table(y.shape, lambda n, c, i, j: call(
            "AVERAGE", input.value[n, c, *window(i, j, input.shape, kernel_size, stride, padding)]
        ))  # fmt: skip

    def backward(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 *_: Any, **__: Any) -> Iterator[tuple[Any, Expressions]]:  # fmt: skip
        shares: dict[tuple[int, ...], list[str]] = {}
        for n, c, i, j in np.ndindex(y.shape):
            rows, cols = window(i, j, input.shape, kernel_size, stride, padding)
            size = (rows.stop - rows.start) * (cols.stop - cols.start)
            for a in range(rows.start, rows.stop):
                for b in range(cols.start, cols.stop):
                    shares.setdefault((n, c, a, b), []).append(f"{y.grad.refs[n, c, i, j]}/{size}")
        yield input, table(input.shape, lambda *index: plus(shares.get(index, [])))
