"""gather: along one dimension, each result looks up the number at its own place; index_select: whole slices.

And the common part of all operators with indices into their input: a learner may change those that are on the sheet.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import ClassVar

import numpy as np
import torch

from excel_export.formulas import Expression, Gradients, Grid, Helper, OperandLike, Operator, Places, Tensor, total
from excel_export.formulas.functions import AND, IF, MOD, NA
from excel_export.formulas.operator import Phrases, operator
from excel_export.formulas.writing import Index
from excel_export.ops._movement import Moved, Movement


class Indexed(Operator):
    """An operator on places of its input that index tensors name; these are constant, or stand on the sheet."""

    input: Tensor

    lowest: ClassVar[int] = 0
    """−1 if negative indices count from the end, so that −n is the lowest of n places; else 0."""

    @property
    def indices(self) -> Mapping[int, Tensor]:
        """The tensors on the sheet that hold indices, by the input's dimension, from 0 on: {1: index}; {} for none."""
        raise NotImplementedError

    @property
    def spread(self) -> tuple[int, ...]:
        """The shape that PyTorch broadcasts the indices to: (2, 3) for indices of (2, 1) and (3,)."""
        raise NotImplementedError

    @cached_property
    def places(self) -> Places:
        """The place in the input of each element that is looked up, or sent there.

        Places((2, 3), [[[0], [1]], None], [[0], [1]]) for gather along 1 with indices (2, 1): the rows are known, the
        columns stand in cells number 0 and 1.
        """
        raise NotImplementedError

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        shape = self.input.shape or (1,)  # a single number has one place
        lengths = [shape[axis] for axis, index in self.indices.items() if index is tensor]
        return (self.lowest * min(lengths), min(lengths) - 1) if lengths else None

    def checked(self, axis: int) -> Expression:
        """Return the indices in dimension `axis`, of 4 places, as formulas from 0 on: E1; MOD(E1,4) if `lowest` is −1.

        So for indices that are typed, within their limits; for computed ones, IF(AND(E1>=0,E1<4),E1,NA()).
        """
        tensor, length = self.indices[axis], self.input.shape[axis]
        index = self.places.arranged(tensor.cells, self.spread)
        place = MOD(index, length) if self.lowest else index
        if tensor.is_given:  # what is typed is within the limits
            return place
        return IF(AND(index >= self.lowest * length, index < length), place, NA())

    def flat(self, place_in: Callable[[int], Expression]) -> Expression:
        """Return the indices in all live dimensions as one number each: E1*4+F1 for (3, 4) if both are live.

        A dimension is live if its indices stand in cells: place_in(axis) gives them, E1 for 0 and F1 for 1.
        """
        step = 1
        terms: list[Expression] = []
        for axis in reversed(self.places.live):
            terms.insert(0, place_in(axis) * step if step > 1 else place_in(axis))
            step *= self.input.shape[axis]
        return total(terms)


class OneAxis:
    """A mixin for operators along one dimension, `dim`; a scalar is taken as a tensor of shape (1,)."""

    input: Tensor
    dim: int

    @property
    def axis(self) -> int:
        """The dimension, counted from 0: 1 for dim −1 of two dimensions; 0 for a scalar."""
        return self.dim % max(len(self.input.shape), 1)

    def neighbour(self, index: Index, by: int) -> Index | None:
        """Return the index `by` places on along the dimension, (0, 2) for (0, 1) and 1, (0, 0) for −1; None outside."""
        if not index or not 0 <= index[self.axis] + by < self.input.shape[self.axis]:
            return None
        return tuple(k + by if axis == self.axis else k for axis, k in enumerate(index))


class AlongOne(OneAxis, Indexed):
    """An operator with one tensor of indices, `index`, along one dimension, `dim`."""

    dim: int
    index: torch.Tensor | Tensor
    """PyTorch's tensor if it is constant, else the one on the sheet."""

    of_slices: ClassVar[bool] = False
    """True if an index names a whole slice, as in `index_select`; False for one element, as in `gather`."""

    @property
    def indices(self) -> Mapping[int, Tensor]:
        return {self.axis: self.index} if isinstance(self.index, Tensor) else {}

    @property
    def spread(self) -> tuple[int, ...]:
        return tuple(self.index.shape) or ((1,) if self.of_slices else ())

    @cached_property
    def places(self) -> Places:
        shape = self.input.shape
        part = (*shape[: self.axis], *self.spread, *shape[self.axis + 1 :]) if self.of_slices else self.spread
        return Places.along(self.axis, shape, part, shared=self.of_slices)


class LookUp(Indexed, Movement):
    """An operator that looks up elements of the input, by INDEX if the indices stand on the sheet."""

    phrases = (
        Phrases(
            lambda self, y: self.indices,
            forward_words="Each result looks up a number of x. Its place, counted from 0, stands on the sheet: change it.",
            forward_math="y = x at the places i",
            backward_words=(
                "Each gradient goes back to the place that its number came from. "
                "What was looked up twice gets the sum; what was not gets 0. "
                "A place has no slope."
            ),
            backward_math="∂L/∂xₖ = Σ g over the places i = k",
        ),
    )

    @property
    def only_moves(self) -> bool:
        return False

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if not self.indices:
            return {}
        found = {
            _name(axis): Helper(self.places.live_shape, "the places, from 0 on", partial(self.checked, axis))
            for axis, index in self.indices.items()
            if self.lowest or not index.is_given or index.shape != self.places.live_shape
        }
        if len(self.indices) > 1:
            found["place"] = Helper(self.places.live_shape, "the places, as one number each", lambda: (
                self.flat(lambda axis: self._grids(y)[axis].cells)
            ), "backward")  # fmt: skip
        return found

    def _grids(self, y: Tensor) -> dict[int, Grid]:
        return {axis: y.helpers.get(_name(axis), index.value) for axis, index in self.indices.items()}

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        if not self.indices:
            return super().forward_all(results)
        (y,) = results
        return (self.places.look_up(self.input.value, self._grids(y)),)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        if not self.indices:
            yield from super().backward_all(results)
            return
        (y,) = results
        place = y.helpers["place"] if len(self.indices) > 1 else next(iter(self._grids(y).values()))
        yield self.input, self.places.scattered_sum(place, y.grad)
        for index in self.indices.values():
            yield index, 0 * index

    def origins(self) -> list[np.ndarray] | None:
        return None if self.indices else super().origins()

    def moves_once(self) -> np.ndarray | None:
        return None if self.indices else super().moves_once()


def _name(axis: int) -> str:
    return f"places in dimension {axis}"


@operator(torch.gather, torch.Tensor.gather)
class gather(AlongOne, LookUp):
    """The elements at the places `index` along `dim`: [[3], [4]] of [[1, 2, 3], [4, 5, 6]] at [[2], [0]] along 1."""

    sparse_grad: bool = False

    called = "{input} at places"
    forward_words = "Each result looks up the number at its own place along one dimension, counted from 0."
    forward_math = "yₖ = x at place indexₖ"
    settings_or_values = ("index",)

    def move(self, elements: torch.Tensor) -> Moved:
        assert isinstance(self.index, torch.Tensor)
        return torch.gather(elements, self.dim, self.index)


@operator(torch._C._VariableFunctions.index_select, torch.Tensor.index_select)  # torch's own: others put theirs there
class index_select(AlongOne, LookUp):
    """The slices at the places `index` along `dim`: [[3, 1], [6, 4]] of [[1, 2, 3], [4, 5, 6]] at [2, 0] along 1."""

    of_slices = True
    called = "part of {input}"
    forward_words = "Some slices, chosen by their places."
    forward_math = "yₖ = x at place indexₖ"
    settings_or_values = ("index",)

    @property
    def indices(self) -> Mapping[int, Tensor]:
        return super().indices if self.input.shape else {}

    def move(self, elements: torch.Tensor) -> Moved:
        if not self.input.shape:  # its one place is 0
            return elements
        assert isinstance(self.index, torch.Tensor)
        return torch.index_select(elements, self.dim, self.index)
