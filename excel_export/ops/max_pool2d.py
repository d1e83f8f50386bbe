"""max_pool2d: the largest element of each window. Its gradient goes to the winner alone."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Region, Tensor, equal, operator
from excel_export.formulas.arrays import of_ranges, reduce, scattered, table
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import IF
from excel_export.formulas.idioms import MOST_LINES, Line, first_place
from excel_export.formulas.words import size
from excel_export.ops._numbers import EXTREME_IMAGE, IMAGE, PICTURE, TIES, randn
from excel_export.ops._windows import pair

Place = tuple[int, ...]


@operator(F.max_pool2d, torch.max_pool2d)
class max_pool2d(Operator):
    """Max pooling of (…, H, W). Of equal elements the first in reading order wins, as in PyTorch."""

    input: Tensor
    kernel_size: int | tuple[int, ...]
    stride: int | tuple[int, ...] | None = None
    padding: int | tuple[int, ...] = 0
    dilation: int | tuple[int, ...] = 1
    ceil_mode: bool = False
    return_indices: bool = False

    called = "max pool of {input}"
    forward_words = "Of each window only the largest number is kept."
    backward_words = (
        "Only the winner of a window decides its result, so it gets the window's gradient. A small nudge to the "
        "others changes nothing: they get 0."
    )
    forward_math = "y = max of the window"
    backward_math = "∂L/∂x = g where x is the window's first maximum, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        return (
            f"Of each window of {size(pair(self.kernel_size))} numbers only the largest is kept: "
            f"{size(self.input.shape[-2:])} become {size(y.shape[-2:])}, in each channel by itself."
        )

    def backward_words_here(self, y: Tensor) -> str:
        return self.backward_words + (" A number that wins several windows gets the sum." if self._overlaps else "")

    def backward_math_here(self, y: Tensor) -> str:
        if self._overlaps:
            return "∂L/∂x = Σ g over the windows whose first maximum is x"
        return self.backward_math

    @property
    def _overlaps(self) -> bool:
        """Whether a number may lie in several windows."""
        reach = [(k - 1) * d + 1 for k, d in zip(pair(self.kernel_size), pair(self.dilation), strict=True)]
        return any(n > s for n, s in zip(reach, pair(self.stride or self.kernel_size), strict=True))

    def check(self) -> str | None:
        height, width = pair(self.kernel_size)
        lines = height if pair(self.dilation)[1] == 1 else height * width
        return None if lines <= MOST_LINES else f"windows of {lines} lines of cells are not supported, {MOST_LINES} are"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        rows, cols = self._axes(y)

        def winner(*index: int) -> Expression:
            *lead, i, j = index
            lines = [line for a in rows[i] for line in self._lines(lead, a, cols[j])]
            return first_place(y.at(*index), lines)

        text = "the winner's place in its window, in reading order from 1"
        return {"winner": Helper(y.shape, text, lambda: table(y.shape, winner), "backward")}

    def forward(self, y: Tensor) -> OperandLike:
        rows, cols = self._axes(y)

        def window(*index: int) -> Region:
            *lead, i, j = index
            return self.input[(*lead, slice(rows[i][0], rows[i][-1] + 1), slice(cols[j][0], cols[j][-1] + 1))]

        def largest(*index: int) -> Expression:
            *lead, i, j = index
            return of_ranges("MAX", [cell for a in rows[i] for cell, _ in self._lines(lead, a, cols[j])])

        return reduce("MAX", y.shape, window) if pair(self.dilation) == (1, 1) else table(y.shape, largest)

    def backward(self, y: Tensor) -> Gradients:
        rows, cols = self._axes(y)
        shape = self.input.shape
        most = max(map(len, rows)) * max(map(len, cols))
        sees = np.full((most, *y.shape), -1)
        for *lead, i, j in np.ndindex(y.shape):
            for place, (a, b) in enumerate((a, b) for a in rows[i] for b in cols[j]):
                sees[(place, *lead, i, j)] = np.ravel_multi_index((*lead, a, b), shape)
        winner = y.helpers["winner"]
        yield (
            self.input,
            scattered(
                shape, [(IF(equal(winner, place), y.grad, 0), cells) for place, cells in enumerate(sees, start=1)]
            ),
        )

    def _axes(self, y: Tensor) -> tuple[list[list[int]], list[list[int]]]:
        """The rows, and the columns, of the input under each stop of the window, the padding left out."""

        def axis(which: int) -> Iterator[list[int]]:
            settings = (self.kernel_size, self.stride or self.kernel_size, self.padding, self.dilation)
            size, step, pad, gap = (pair(setting)[which] for setting in settings)
            for i in range(y.shape[which - 2]):
                places = (i * step - pad + k * gap for k in range(size))
                yield [place for place in places if 0 <= place < self.input.shape[which - 2]]

        return list(axis(0)), list(axis(1))

    def _lines(self, lead: list[int], row: int, cols: list[int]) -> list[Line]:
        """One row of a window as lines of cells: single cells where dilation leaves gaps."""
        if cols[-1] - cols[0] + 1 != len(cols):
            return [(self.input.at(*lead, row, col), 1) for col in cols]
        return [(self.input[(*lead, row, slice(cols[0], cols[-1] + 1))].ranges[0], len(cols))]

    @staticmethod
    def examples() -> Examples:
        yield Example("", nn.MaxPool2d(2), PICTURE)
        yield Example("random", lambda x: F.max_pool2d(x, 2), IMAGE)
        yield Example("overlapping", nn.MaxPool2d(3, stride=1), IMAGE)
        yield Example("padded", nn.MaxPool2d(3, stride=2, padding=1), IMAGE)
        yield Example("padded, all negative", nn.MaxPool2d(2, padding=1), -IMAGE.abs() - 1)
        yield Example("ties", lambda x: F.max_pool2d(x, 2), TIES)
        yield Example("overlapping ties", lambda x: F.max_pool2d(x, 3, 1), TIES)
        yield Example("dilation", nn.MaxPool2d((2, 3), stride=1, dilation=2), IMAGE)
        yield Example("dilation ties", nn.MaxPool2d(2, 1, padding=1, dilation=(1, 2)), TIES)
        yield Example("ceil_mode", nn.MaxPool2d((2, 3), ceil_mode=True), IMAGE)
        yield Example("everything", nn.MaxPool2d((3, 2), (2, 1), (1, 0), (2, 1), ceil_mode=True), randn(2, 2, 7, 6))
        yield Example("unbatched", nn.MaxPool2d((1, 2), (2, 1)), IMAGE[0])

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.max_pool2d(x, 2), EXTREME_IMAGE)
