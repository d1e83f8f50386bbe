"""sort and topk: numbers in order, or the first few of them, and where each stood.

Each number gets a rank: how many come before it, and of equal ones, how many stand before it. So ranks are a
permutation, whatever a learner types.
"""

from dataclasses import field, replace
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas import Expression, Gradients, Grid, Helper, OperandLike, Operator, Region, Tensor, operator
from excel_export.formulas.arrays import table
from excel_export.formulas.expression import equal
from excel_export.formulas.functions import COUNTIF, IF, LARGE, MATCH, RANK, SMALL
from excel_export.formulas.lookups import look_up
from excel_export.formulas.operator import Phrases
from excel_export.formulas.reference import Reference
from excel_export.formulas.writing import Index

LINES = "laid in lines"


class Ranking(Operator):
    """An operator that puts the elements of each line, along one dimension, in order; results are values and places."""

    input: Tensor

    backward_words: ClassVar[str] = (
        "Each gradient goes back to where its number came from. A number that is not among the results gets 0."
    )

    @property
    def is_descending(self) -> bool:
        """True if the largest comes first."""
        return False

    @property
    def rank(self) -> int:
        """The number of the input's dimensions, at least 1."""
        return max(len(self.input.shape), 1)

    @property
    def axis(self) -> int:
        """The dimension of the lines, counted from 0."""
        return (self.arguments["dim"] or 0) % self.rank

    @property
    def length(self) -> int:
        """The number of elements in a line."""
        return self.input.shape[self.axis] if self.input.shape else 1

    @property
    def result_count(self) -> int:
        """The number of results of a line: `k` for topk, else its length."""
        return self.length

    @property
    def _is_laid(self) -> bool:
        """True if the cells of a line lie apart from each other, so that they are laid side by side first."""
        return self.axis < len(self.input.shape) - 2

    @property
    def line_axis(self) -> int:
        """The dimension of the lines in `laid_shape`: `axis`, or the last, if this is not among the last two."""
        return self.rank - 1 if self._is_laid else self.axis

    @property
    def laid_shape(self) -> tuple[int, ...]:
        """The shape of the cells in which lines are read: the input's, or (3, 4, 2) for (2, 3, 4) along dimension 0."""
        shape = self.input.shape or (1,)
        return (*shape[: self.axis], *shape[self.axis + 1 :], self.length) if self._is_laid else shape

    def laid(self, formulas: Expression) -> Expression:
        """Return formulas of the input's shape arranged in `laid_shape`."""
        moved = formulas if self.input.shape else formulas.reshape(1)
        return _moved(moved, self.axis, -1) if self._is_laid else moved

    def lifted(self, formulas: Expression, shape: tuple[int, ...]) -> Expression:
        """Return formulas in PyTorch's `shape`, (2, 3, 4, 5), whose line along dim 0 is last so far: (3, 4, 5, 2)."""
        return (_moved(formulas, -1, self.axis) if self._is_laid else formulas).reshape(*shape)

    def _laid_index(self, index: Index) -> Index:
        """Return the index of an input element in the lines as they are read."""
        return (*index[: self.axis], *index[self.axis + 1 :], index[self.axis]) if self._is_laid else index

    def line_of(self, grid: Grid, index: Index) -> Reference:
        """Return the cells of the line with the element at `index` of a grid of `laid_shape`: B5:D5 for (0, 1)."""
        return _range(grid[tuple(slice(None) if axis == self.line_axis else k for axis, k in enumerate(index))])

    def values_in(self, y: Tensor) -> Grid:
        """Return the grid of the numbers in `laid_shape`: the input's own cells, or their copies.

        Copies are made if `axis` is not among the last two dimensions; they are a helper of `y`, the first result.
        """
        return y.helpers[LINES] if self._is_laid else reshaped(self.input.value, self.laid_shape)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        found = {}
        if self._is_laid:
            found[LINES] = Helper(self.laid_shape, "the same numbers", lambda: self.laid(self.input.cells))
        which = "the largest" if self.is_descending else "the smallest"
        found["place"] = Helper(self.laid_shape, f"1 for {which}; equal ones alike", lambda: self._places(y))
        found["rank"] = Helper(self.laid_shape, "of equal ones, the first is first", lambda: self._ranks(y))
        return found

    def _places(self, y: Tensor) -> Expression:
        grid = self.values_in(y)

        def place(*index: int) -> Expression:
            order: tuple[OperandLike, ...] = () if self.is_descending else (1,)
            return RANK(grid.at(*index), self.line_of(grid, index), *order)

        return table(self.laid_shape, place)

    def _ranks(self, y: Tensor) -> Expression:
        places = y.helpers["place"]

        def rank(*index: int) -> Expression:
            k = index[self.line_axis]
            own = places.at(*index).cells
            if not k:
                return own
            before = places[tuple(slice(0, k) if axis == self.line_axis else at for axis, at in enumerate(index))]
            return own + COUNTIF(_range(before), own)

        return table(self.laid_shape, rank)

    def value_at(self, y: Tensor, index: Index) -> Expression:
        """Return the value of the first result, `y`, at `index`: LARGE(B5:D5,1) at (0, 0).

        `index` counts as in `laid_shape`; along `line_axis` it is the rank less 1.
        """
        return (LARGE if self.is_descending else SMALL)(
            self.line_of(self.values_in(y), index), 1 + index[self.line_axis]
        )

    def place_at(self, y: Tensor, index: Index) -> Expression:
        """Return the place of value_at(y, index) in its line, from 0 on: MATCH(1,B9:D9,0)-1 at (0, 0).

        B9:D9 are the ranks, a helper of the first result, `y`.
        """
        return MATCH(1 + index[self.line_axis], self.line_of(y.helpers["rank"], index), 0) - 1

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        y = results[0]
        shape = tuple(self.result_count if axis == self.line_axis else n for axis, n in enumerate(self.laid_shape))
        values = table(shape, lambda *index: self.value_at(y, index))
        places = table(shape, lambda *index: self.place_at(y, index))
        return self.lifted(values, y.shape), self.lifted(places, results[1].shape)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        y, taken = results[0], self.result_count
        kept = tuple(taken if axis == self.axis else n for axis, n in enumerate(self.input.shape or (1,)))
        grad, ranks = reshaped(y.grad, kept), y.helpers["rank"]

        def gained(*index: int) -> Expression:
            own = index or (0,)
            rank = ranks.at(*self._laid_index(own))
            if taken == 1:
                return IF(equal(rank, 1), grad.at(*(0 if k == self.axis else at for k, at in enumerate(own))), 0)
            found = look_up(grad, [rank if k == self.axis else at for k, at in enumerate(own)], 1)
            return found if taken == self.length else IF(rank <= taken, found, 0)

        yield self.input, table(self.input.shape, gained)

    def ranks_left_open(self) -> tuple[int, int, int] | None:
        return (1, self.result_count, self.length) if self.length > 1 else None

    def check(self) -> str | None:
        """Return why the call is refused, 'some of the numbers are equal, …'; None if it is not.

        It is refused if PyTorch put equal numbers of the input in another order than that of their places.
        """
        numbers = torch.from_numpy(np.array(self.input.data))
        settings = {key: item for key, item in self.arguments.items() if key != "input"}
        theirs = self.functions[0](numbers, **settings).indices
        ours = torch.sort(
            numbers, dim=self.axis if self.input.shape else 0, descending=self.is_descending, stable=True
        ).indices
        ours = ours.narrow(self.axis, 0, self.result_count) if self.input.shape else ours
        if torch.equal(ours.reshape(theirs.shape), theirs):
            return None
        return "some of the numbers are equal, and PyTorch leaves open which of them comes first; here it is not the one that stands first: take what you need of x.sort(stable=True), which says it"


def _range(region: Region) -> Reference:
    (cells,) = region.ranges
    return cells


def _moved(formulas: Expression, source: int, destination: int) -> Expression:
    """The formulas with a dimension at another place."""
    numbers = np.arange(int(np.prod(formulas.shape, dtype=int))).reshape(formulas.shape)
    return formulas.reshape(-1)[np.moveaxis(numbers, source, destination)]


def reshaped(grid: Grid, shape: tuple[int, ...]) -> Grid:
    """Return a grid's cells with dimensions of size 1 put in or left out: (1, 3) for (3,)."""
    strides = iter([pair for n, *pair in zip(grid.shape, grid.row_strides, grid.col_strides, strict=True) if n > 1])
    rows, cols = zip(*(next(strides) if n > 1 else (0, 0) for n in shape), strict=True)
    return replace(grid, shape=shape, row_strides=rows, col_strides=cols)


@operator(torch.sort, torch.Tensor.sort)
class sort(Ranking):
    """The numbers along `dim` in order, and where each stood: [1, 3], [1, 0] of [3, 1]. Equal ones keep their order."""

    dim: int = -1
    descending: bool = False
    stable: bool | None = field(default=None, kw_only=True)

    called = "{input}, in order"
    forward_words = "The numbers of each line in order, and where each of them stood, counted from 0."
    forward_math = "y₁ ≤ y₂ ≤ … : the numbers x in order"
    backward_math = "∂L/∂xᵢ = g at the rank of xᵢ"

    @property
    def is_descending(self) -> bool:
        return self.descending

    def ranks_left_open(self) -> tuple[int, int, int] | None:
        return None if self.stable else super().ranks_left_open()


@operator(torch.topk, torch.Tensor.topk)
class topk(Ranking):
    """The `k` largest numbers along `dim`, or smallest, and their places. Of equal ones, the first comes first."""

    k: int
    dim: int = -1
    largest: bool = True
    sorted: bool = True

    called = "first {k} of {input}"
    forward_words = (
        "The {k} {which} of {length:number} in order, and where each stood, from 0 on. "
        "Of equal numbers, the first comes first; PyTorch leaves that open."
    )
    forward_math = "y₁ ≥ y₂ ≥ … ≥ yₖ: the k largest of x"
    backward_math = "∂L/∂xᵢ = g at the rank of xᵢ if that is at most k, else 0"
    phrases = (Phrases(lambda self, y: not self.largest, forward_math="y₁ ≤ y₂ ≤ … ≤ yₖ: the k smallest of x"),)

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"which": "largest" if self.largest else "smallest"}

    @property
    def is_descending(self) -> bool:
        return self.largest

    @property
    def result_count(self) -> int:
        return self.k
