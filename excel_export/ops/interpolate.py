"""interpolate: an image in another size. Its numbers are sums of a few of the old ones, each times a constant.

The factors follow from what PyTorch makes of each element alone: what lands at a place is the element's factor there,
and from there its gradient comes back, times the same factor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Grid, OperandLike, Operator, Tensor, operator, table, total
from excel_export.formulas.idioms import add_up

Term = tuple[int, float]
"""An element, by its place in reading order, and its factor."""
Terms = Mapping[int, list[Term]]
_LEAD = 2
"""The number of first dimensions, samples and channels, in which all is treated alike."""
_TOGETHER = 64
"""The number of elements computed at once: a matrix of all would be large."""


_HOW = {
    "nearest": "Each new number is a copy of the old one that is nearest.",
    "nearest-exact": "Each new number is a copy of the old one that is nearest.",
    "linear": "Each new number lies on a straight line between its two neighbours.",
    "bilinear": "Each new number is a mean of its four neighbours; the nearer one is, the more it counts.",
    "trilinear": "Each new number is a mean of its eight neighbours; the nearer one is, the more it counts.",
    "bicubic": "Each new number lies on a smooth curve through sixteen neighbours.",
    "area": "Each new number is the mean of the old ones that lie under it.",
}


@operator(F.interpolate)
class interpolate(Operator):
    """An image (N, C, …) with one to three axes, in another `size`, or `scale_factor` times as large, by any `mode`."""

    input: Tensor
    size: int | tuple[int, ...] | None = None
    scale_factor: float | tuple[float, ...] | None = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None
    antialias: bool = False

    called = "{input}, resized"
    forward_words = "{before:size} numbers become {after:size}. {how}"
    forward_math = "y = Σ x · (a factor for how near x is)"
    backward_words = (
        "Each number gets g from every place that it went to, times the factor that it had there, all added up."
    )
    backward_math = "∂L/∂x = Σ g · (the factor of x there)"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"before": self.input.shape[2:], "after": y.shape[2:], "how": _HOW[self.mode]}

    def forward(self, y: Tensor) -> OperandLike:
        terms, _ = self._terms
        return self._sums(y.shape, terms, self.input.value)

    def backward(self, y: Tensor) -> Gradients:
        _, terms = self._terms
        yield self.input, self._sums(self.input.shape, terms, y.grad)

    def _sums(self, shape: Sequence[int], terms: Terms, grid: Grid) -> Expression:
        def formula(*index: int) -> Expression:
            place = int(np.ravel_multi_index(index[_LEAD:], tuple(shape[_LEAD:])))
            size = int(np.prod(grid.shape[_LEAD:], dtype=int))
            first = size * int(np.ravel_multi_index(index[:_LEAD], grid.shape[:_LEAD]))
            by_factor: dict[float, list[int]] = defaultdict(list)
            for element, factor in terms.get(place, ()):
                by_factor[factor].append(first + element)
            return total(
                add_up(grid, picks) if factor == 1 else factor * add_up(grid, picks)
                for factor, picks in by_factor.items()
            )

        return table(shape, formula)

    @cached_property
    def _terms(self) -> tuple[Terms, Terms]:
        """For each place of the result its terms, and for each element of the input the places it goes to."""
        settings = {key: item for key, item in self.arguments.items() if key != "input"}
        sizes = self.input.shape[_LEAD:]
        count = int(np.prod(sizes, dtype=int))
        forward: dict[int, list[Term]] = defaultdict(list)
        backward: dict[int, list[Term]] = defaultdict(list)
        for first in range(0, count, _TOGETHER):
            alone = F.one_hot(
                torch.arange(first, min(first + _TOGETHER, count)), count
            ).double()  # rows of the unit matrix
            factors = F.interpolate(alone.reshape(len(alone), 1, *sizes), **settings).flatten(1).numpy()
            for row, place in zip(*map(np.ndarray.tolist, factors.nonzero()), strict=True):
                element, factor = first + row, float(factors[row, place])
                forward[place].append((element, factor))
                backward[element].append((place, factor))
        return forward, backward
