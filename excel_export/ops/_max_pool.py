"""Max pools: the largest element of each window. Its gradient goes to the winner alone."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import torch

from excel_export.formulas import CHOOSE, IF, Cases, Expression, Extreme, Gradients, Helper, OperandLike, Tensor, equal
from excel_export.formulas.arrays import MOST_ARGUMENTS, of_ranges, reduce, scattered, table
from excel_export.formulas.expression import as_expression
from excel_export.formulas.idioms import MOST_LINES, Line, first_place
from excel_export.formulas.operator import Phrases
from excel_export.ops._numbers import APART, extreme_image
from excel_export.ops._windows import Pool

Window = Sequence[list[int]]
"""The places under a window, along each axis."""


class MaxPool(Pool):
    """A maximum of windows; subclasses say which. Of equal elements the first in reading order wins, as in PyTorch."""

    seeks_result = True
    called = "max pool of {input}"
    forward_words = "Of each window of {window:size} numbers only the largest is kept: {before:size} become {after:size}, in each channel by itself."
    forward_math = "y = max of the window"
    backward_words = (
        "Only the winner of a window decides its result, so it gets the window's gradient. "
        "A small nudge to a smaller one changes nothing: the others get 0."
    )
    backward_math = "∂L/∂x = g where x is the window's first maximum, else 0"
    phrases = (
        Phrases(
            lambda self, y: self.overlaps(y),
            backward_words=f"{backward_words} A number that wins several windows gets the sum.",
            backward_math="∂L/∂x = Σ g over the windows whose first maximum is x",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"before": self.input.shape[-self.rank :], "after": y.shape[-self.rank :]}

    @classmethod
    def extreme(cls) -> Extreme:
        """Windows of 2 in each direction over extreme numbers."""
        pool, size = cls.functions[0], (1, 2, 2)[3 - cls.rank :]
        numbers = APART if cls.rank == 1 else extreme_image(cls.rank)
        return Extreme("", lambda x: pool(x, size)[0] if issubclass(cls, WithIndices) else pool(x, size), numbers)

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        """For each axis, the places under each stop of the window, the padding left out."""
        raise NotImplementedError

    @property
    def window(self) -> tuple[int, ...]:
        """The size of the largest window."""
        raise NotImplementedError

    @property
    def has_gaps(self) -> bool:
        """Whether a window leaves places out."""
        return False

    def overlaps(self, y: Tensor) -> bool:
        """Whether a number may lie in several windows."""
        seen = (Counter(place for window in axis for place in window) for axis in self.axes(y))
        return any(max(counts.values()) > 1 for counts in seen)

    def check(self) -> str | None:
        *outer, last = self.window
        lines = math.prod(outer) * (last if self.has_gaps else 1)
        return None if lines <= MOST_LINES else f"windows of {lines} lines of cells are not supported, {MOST_LINES} are"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        axes = self.axes(y)

        def winner(*index: int) -> Expression:
            return first_place(y.at(*index), self._lines(index, self._at(axes, index)))

        text = "the winner's place in its window, in reading order from 1"
        return {"winner": Helper(y.shape, text, lambda: table(y.shape, winner), "backward")}

    def forward(self, y: Tensor) -> OperandLike:
        axes = self.axes(y)

        def largest(*index: int) -> Expression:
            return of_ranges("MAX", [line for line, _ in self._lines(index, self._at(axes, index))])

        if self.has_gaps:
            return table(y.shape, largest)
        return reduce("MAX", y.shape, lambda *index: self.input[(
            *index[: -self.rank], *(slice(places[0], places[-1] + 1) for places in self._at(axes, index)),
        )])  # fmt: skip

    def backward(self, y: Tensor) -> Gradients:
        axes, shape = self.axes(y), self.input.shape
        most = math.prod(max(map(len, axis)) for axis in axes)
        sees = np.full((most, *y.shape), -1)
        for index in np.ndindex(y.shape):
            for place, at in enumerate(product(*self._at(axes, index))):
                sees[(place, *index)] = np.ravel_multi_index((*index[: -self.rank], *at), shape)
        winner = y.helpers["winner"]
        passed = [(IF(equal(winner, place), y.grad, 0), cells) for place, cells in enumerate(sees, start=1)]
        yield self.input, scattered(shape, passed)

    def _at(self, axes: list[list[list[int]]], index: tuple[int, ...]) -> Window:
        return [axis[k] for axis, k in zip(axes, index[-self.rank :], strict=True)]

    def _lines(self, index: tuple[int, ...], window: Window) -> list[Line]:
        """A window as lines of cells: single cells where dilation leaves gaps."""
        *outer, last = window
        lead = index[: -self.rank]
        lines: list[Line] = []
        for at in product(*outer):
            if last[-1] - last[0] + 1 != len(last):
                lines += [(self.input.at(*lead, *at, place), 1) for place in last]
            else:
                line = self.input[(*lead, *at, slice(last[0], last[-1] + 1))]
                lines.append((line.ranges[0], len(last)))
        return lines


class WithIndices(MaxPool):
    """A max pool that also says where each winner stands."""

    called = "max pool of {input}, result {result}"
    forward_words = f"{MaxPool.forward_words} The second result says where each of them stood."
    forward_math = "(y, places) = max of the window, and its place in the channel, counted from 0 in reading order"

    @classmethod
    def with_settings(cls, *settings: Any, **more: Any) -> Callable[[torch.Tensor], torch.Tensor]:
        """For cases: the largest numbers times their places, both of a pool with some settings."""

        def product_of_results(x: torch.Tensor) -> torch.Tensor:
            most, places = cls.functions[0](x, *settings, **more)
            result: torch.Tensor = most * places
            return result

        return product_of_results

    @classmethod
    def cases(cls) -> Cases:
        # The same pool without places shows what else its windows do.
        yield from (case for case in super().cases() if case.what in ("", "ties", "uneven", "everything"))

    def check(self) -> str | None:
        most = MOST_ARGUMENTS - 1
        if math.prod(self.window) > most:
            return f"places in windows of more than {most} numbers are not supported"
        return super().check()

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        wanted = super().helpers(y)["winner"]
        return {"winner": Helper(wanted.shape, wanted.text, wanted.formula)}

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        y, _ = results
        axes, sizes = self.axes(y), self.input.shape[-self.rank :]

        def stood(*index: int) -> Expression:
            places = [int(np.ravel_multi_index(at, sizes)) for at in product(*self._at(axes, index))]
            winner = y.helpers["winner"].at(*index)
            return as_expression(places[0]) if len(places) == 1 else CHOOSE(winner, *places)

        return self.forward(y), table(y.shape, stood)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        return self.backward(results[0])
