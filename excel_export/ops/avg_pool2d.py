"""avg_pool2d: the mean of each window. Its gradient is shared out evenly."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formulas.formula import call, plus, table
from excel_export.formulas.operator import Expressions, Operator, operator
from excel_export.ops.conv2d import pair

Window = tuple[slice, int]
"""The part of an axis under a window, and the length it counts for."""


@operator(F.avg_pool2d)
class avg_pool2d(Operator):
    """Average pooling of (…, H, W). Padding counts as zeros, unless `count_include_pad` is off."""

    forward_words = "Each window is replaced by its mean."
    backward_words = "All numbers of a window had the same say, so they share its gradient evenly."
    forward_math = "y = mean of the window"
    backward_math = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def forward(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
                ceil_mode: bool = False, count_include_pad: bool = True,
                divisor_override: int | None = None) -> Expressions:  # fmt: skip
        return averages(y, input, *_windows(y, input, kernel_size, stride, padding, count_include_pad),
                        divisor_override)  # fmt: skip

    def backward(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None) -> Iterator[tuple[Any, Expressions]]:  # fmt: skip
        yield input, shares(y, input, *_windows(y, input, kernel_size, stride, padding, count_include_pad),
                            divisor_override)  # fmt: skip


def averages(y: Any, input: Any, rows: Sequence[Window], cols: Sequence[Window],
             divisor: int | None = None) -> Expressions:  # fmt: skip
    """The mean of the window under each element of y."""

    def mean(*index: int) -> str:
        *lead, i, j = index
        (down, height), (across, width) = rows[i], cols[j]
        seen = (down.stop - down.start) * (across.stop - across.start)
        region = input.value[(*lead, down, across)]
        if (divisor or height * width) == seen:
            return call("AVERAGE", region)
        return f"{call('SUM', region)}/{divisor or height * width}"

    return table(y.shape, mean)


def shares(y: Any, input: Any, rows: Sequence[Window], cols: Sequence[Window],
           divisor: int | None = None) -> Expressions:  # fmt: skip
    """For each element of the input, its share of the gradients of the windows that see it."""
    gained: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for *lead, i, j in np.ndindex(tuple(y.shape)):
        (down, height), (across, width) = rows[i], cols[j]
        share = f"{y.grad.refs[(*lead, i, j)]}/{divisor or height * width}"
        for a in range(down.start, down.stop):
            for b in range(across.start, across.stop):
                gained[(*lead, a, b)].append(share)
    return table(input.shape, lambda *index: plus(gained[index]))


def _windows(y: Any, input: Any, kernel_size: Any, stride: Any, padding: Any,
             count_include_pad: bool) -> tuple[list[Window], list[Window]]:  # fmt: skip
    def axis(which: int) -> list[Window]:
        size, step, pad = (pair(setting)[which] for setting in (kernel_size, stride or kernel_size, padding))
        length = input.shape[which - 2]
        windows = []
        for i in range(y.shape[which - 2]):
            start = i * step - pad
            # With ceil_mode a window may hang over even the padding; that part never counts.
            stop = min(start + size, length + pad)
            seen = slice(max(start, 0), min(stop, length))
            windows.append((seen, stop - start if count_include_pad else seen.stop - seen.start))
        return windows

    return axis(0), axis(1)
