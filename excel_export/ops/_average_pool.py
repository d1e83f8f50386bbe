"""Average pools: the mean of each window, whose gradient is shared out evenly."""

from collections import defaultdict
from typing import ClassVar

import numpy as np

from excel_export.formulas import Expression, Gradients, OperandLike, Operator, Tensor, total
from excel_export.formulas.arrays import of_ranges, table

Window = tuple[slice, int]
"""The part of an axis under a window, and the length it counts for."""


class AveragePool(Operator):
    """A mean of windows; subclasses say which."""

    input: Tensor

    @property
    def divisor(self) -> int | None:
        """What every sum is divided by, where it is not the size of the window."""
        return None

    backward_words: ClassVar[str] = (
        "When a number of a window grows by 1, the mean grows by 1 divided by the window's size. So each gets g "
        "divided by that size, from every window that sees it."
    )
    backward_math: ClassVar[str] = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def windows(self, y: Tensor) -> tuple[list[Window], list[Window]]:
        """The windows along the rows and along the columns."""
        raise NotImplementedError

    def forward(self, y: Tensor) -> OperandLike:
        rows, cols = self.windows(y)

        def mean(*index: int) -> Expression:
            *lead, i, j = index
            (down, height), (across, width) = rows[i], cols[j]
            seen = (down.stop - down.start) * (across.stop - across.start)
            ranges, divisor = self.input[(*lead, down, across)].ranges, self.divisor or height * width
            return of_ranges("AVERAGE", ranges) if divisor == seen else of_ranges("SUM", ranges) / divisor

        return table(y.shape, mean)

    def backward(self, y: Tensor) -> Gradients:
        rows, cols = self.windows(y)
        gained: dict[tuple[int, ...], list[Expression]] = defaultdict(list)
        for *lead, i, j in np.ndindex(y.shape):
            (down, height), (across, width) = rows[i], cols[j]
            share = y.grad.at(*lead, i, j) / (self.divisor or height * width)
            for a in range(down.start, down.stop):
                for b in range(across.start, across.stop):
                    gained[(*lead, a, b)].append(share)
        yield self.input, table(self.input.shape, lambda *index: total(gained[index]))
