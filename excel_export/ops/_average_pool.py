"""Average pools: the mean of each window, whose gradient is shared out evenly."""

import math
from collections import defaultdict
from collections.abc import Callable
from itertools import product
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas import Expression, Gradients, OperandLike, Operator, Tensor, total
from excel_export.formulas.arrays import of_ranges, table
from excel_export.formulas.example import Extreme
from excel_export.ops._numbers import extreme_image

Window = tuple[slice, int]
"""The part of an axis under a window, and the length it counts for."""


class AveragePool(Operator):
    """A mean of windows; subclasses say which."""

    input: Tensor

    rank: ClassVar[int]
    """Along how many axes, the last ones, the windows lie."""
    to_what: ClassVar[str]
    """What follows on the shape where it is said in a line what it is."""

    @classmethod
    def with_settings(cls, *settings: Any, **more: Any) -> Callable[[torch.Tensor], torch.Tensor]:
        """For cases: the pool with some settings."""
        return lambda x: cls.functions[0](x, *settings, **more)

    @classmethod
    def extreme(cls) -> Extreme:
        """Windows of 2 in each direction over extreme numbers."""
        return Extreme("", cls.with_settings((1, 2, 2)[3 - cls.rank :]), extreme_image(cls.rank))

    @property
    def divisor(self) -> int | None:
        """What every sum is divided by, where it is not the size of the window."""
        return None

    called = "average pool of {input}"
    backward_words: ClassVar[str] = (
        "When a number of a window grows by 1, the mean grows by 1 divided by the window's size. "
        "So each gets g divided by that size, from every window that sees it."
    )
    backward_math: ClassVar[str] = "∂L/∂x = g / (size of the window), added up over the windows that see x"

    def windows(self, y: Tensor) -> list[list[Window]]:
        """The windows along each axis."""
        raise NotImplementedError

    def forward(self, y: Tensor) -> OperandLike:
        axes = self.windows(y)

        def mean(*index: int) -> Expression:
            lead, windows = index[: -self.rank], self._at(axes, index)
            counted, seen = self._size(windows), math.prod(part.stop - part.start for part, _ in windows)
            ranges = self.input[(*lead, *(part for part, _ in windows))].ranges
            return of_ranges("AVERAGE", ranges) if counted == seen else of_ranges("SUM", ranges) / counted

        return table(y.shape, mean)

    def backward(self, y: Tensor) -> Gradients:
        axes = self.windows(y)
        gained: dict[tuple[int, ...], list[Expression]] = defaultdict(list)
        for index in np.ndindex(y.shape):
            windows = self._at(axes, index)
            share = y.grad.at(*index) / self._size(windows)
            for place in product(*(range(part.start, part.stop) for part, _ in windows)):
                gained[(*index[: -self.rank], *place)].append(share)
        yield self.input, table(self.input.shape, lambda *index: total(gained[index]))

    def _at(self, axes: list[list[Window]], index: tuple[int, ...]) -> list[Window]:
        return [windows[k] for windows, k in zip(axes, index[-self.rank :], strict=True)]

    def _size(self, windows: list[Window]) -> int:
        return self.divisor or math.prod(length for _, length in windows)
