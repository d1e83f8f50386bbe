"""Sums of a few numbers of the input, each times a constant: interpolate, an image in another size; fold, of windows.

Such an operator says one thing: how PyTorch computes it. Its formulas follow by computing it of each element alone:
what lands at a place is the element's factor there, and from there its gradient comes back, times the same factor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Grid, OperandLike, Operator, Tensor, operator, table, total
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import add_up
from excel_export.ops._numbers import EXTREME, EXTREME_IMAGE, IMAGE, MATRIX, ramp, randn
from excel_export.ops._windows import Setting

Term = tuple[int, float]
"""An element, by its place in reading order, and its factor."""
Terms = Mapping[int, list[Term]]
_TOGETHER = 64
"""So many elements are computed at once: a matrix of all would be large."""


class Resampling(Operator):
    """An operator that adds up numbers of its input, each times a constant."""

    input: Tensor

    backward_words: ClassVar[str] = (
        "Each number gets g from every place that it went to, times the factor that it had there, all added up."
    )
    backward_math: ClassVar[str] = "∂L/∂x = Σ g · (the factor of x there)"

    @property
    def lead(self) -> int:
        """How many dimensions come first in which all is treated alike: samples and channels."""
        return 2

    def resample(self, numbers: torch.Tensor) -> torch.Tensor:
        """The result for a batch of inputs, by PyTorch itself."""
        raise NotImplementedError

    def forward(self, y: Tensor) -> OperandLike:
        terms, _ = self._terms
        return self._sums(y.shape, terms, self.input.value)

    def backward(self, y: Tensor) -> Gradients:
        _, terms = self._terms
        yield self.input, self._sums(self.input.shape, terms, y.grad)

    def _sums(self, shape: Sequence[int], terms: Terms, grid: Grid) -> Expression:
        lead = self.lead

        def formula(*index: int) -> Expression:
            place = int(np.ravel_multi_index(index[lead:], tuple(shape[lead:])))
            size = int(np.prod(grid.shape[lead:], dtype=int))
            first = size * int(np.ravel_multi_index(index[:lead], grid.shape[:lead]))
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
        lead = self.lead
        sizes = self.input.shape[lead:]
        count = int(np.prod(sizes, dtype=int))
        forward: dict[int, list[Term]] = defaultdict(list)
        backward: dict[int, list[Term]] = defaultdict(list)
        for first in range(0, count, _TOGETHER):
            alone = _rows_of_one(first, min(first + _TOGETHER, count), count)
            factors = self.resample(alone.reshape(len(alone), *[1] * (lead - 1), *sizes)).flatten(1).numpy()
            for row, place in zip(*map(np.ndarray.tolist, factors.nonzero()), strict=True):
                element, factor = first + row, float(factors[row, place])
                forward[place].append((element, factor))
                backward[element].append((place, factor))
        return forward, backward


def _rows_of_one(first: int, last: int, count: int) -> torch.Tensor:
    """Some rows of the unit matrix."""
    return F.one_hot(torch.arange(first, last), count).double()


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
class interpolate(Resampling):
    """An image (N, C, …) with one to three axes, in another size."""

    size: int | tuple[int, ...] | None = None
    scale_factor: float | tuple[float, ...] | None = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None
    antialias: bool = False

    called = "{input}, resized"
    forward_words = "{before:size} numbers become {after:size}. {how}"
    forward_math = "y = Σ x · (a factor for how near x is)"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"before": self.input.shape[2:], "after": y.shape[2:], "how": _HOW[self.mode]}

    def resample(self, numbers: torch.Tensor) -> torch.Tensor:
        settings = {key: item for key, item in self.arguments.items() if key != "input"}
        return F.interpolate(numbers, **settings)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.Upsample(4, mode="linear"), MATRIX[None])
        yield Example("nearest", nn.Upsample(scale_factor=2), randn(1, 2, 2, 3))
        yield Example("nearest, smaller", lambda x: F.interpolate(x, (4, 3)), IMAGE)
        yield Example("nearest-exact", lambda x: F.interpolate(x, scale_factor=1.5, mode="nearest-exact"), IMAGE)
        yield Example("bilinear", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), randn(1, 2, 3, 2))
        yield Example("corners aligned", nn.UpsamplingBilinear2d((4, 5)), randn(1, 2, 3, 2))
        yield Example("bicubic", lambda x: F.interpolate(x, (3, 5), mode="bicubic"), randn(1, 1, 4, 3))
        yield Example("area", lambda x: F.interpolate(x, (4, 2), mode="area"), IMAGE)
        yield Example("trilinear", lambda x: F.interpolate(x, 3, mode="trilinear"), randn(1, 1, 2, 2, 2))
        yield Example("antialias", lambda x: F.interpolate(x, 3, mode="bilinear", antialias=True), IMAGE)
        yield Extreme("", lambda x: F.interpolate(x, 3), EXTREME[None])
        yield Extreme("nearest of an image", lambda x: F.interpolate(x, scale_factor=2), EXTREME_IMAGE)


@operator(F.fold)
class fold(Resampling):
    """(N, C · k, L) or (C · k, L), windows with k elements at L stops, to images."""

    output_size: Setting
    kernel_size: Setting
    dilation: Setting = 1
    padding: Setting = 0
    stride: Setting = 1

    called = "{input}, folded"
    forward_words = "The windows are laid back into an image. Where they overlap, their numbers are added up."
    forward_math = "y(i, j) = Σ x over the windows that cover (i, j)"
    backward_words = "Each number of a window gets the gradient of the place where it was laid."
    backward_math = "∂L/∂x = g of its place"

    def resample(self, numbers: torch.Tensor) -> torch.Tensor:
        return F.fold(numbers, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    @property
    def lead(self) -> int:
        return len(self.input.shape) - 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: F.fold(x, (1, 4), (1, 2)), ramp(1, 2, 3))
        yield Example("overlapping", lambda x: F.fold(x, (3, 4), 2, padding=1, stride=(1, 2)), randn(2, 8, 12))
        yield Example("unbatched", lambda x: F.fold(x, 4, 2, stride=2), randn(8, 4))
        yield Extreme("", lambda x: F.fold(x, (1, 4), (1, 1)), EXTREME[:1])
