"""Operators whose results are sums of a few numbers of the input, each times a constant.

Such an operator says one thing: how PyTorch computes it. Its formulas follow by computing it of each element alone:
what lands at a place is the element's factor there, and from there its gradient comes back, times the same factor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, OperandLike, Operator, Tensor, total
from excel_export.formulas.arrays import table
from excel_export.formulas.grid import Grid
from excel_export.formulas.idioms import add_up

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
