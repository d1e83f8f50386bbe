"""Operators that look elements up: their places are constant, or numbers on the sheet that a learner may change."""

from collections.abc import Mapping
from functools import cached_property, partial

import numpy as np

from excel_export.formulas import Expression, Gradients, Grid, Helper, OperandLike, Tensor
from excel_export.formulas.expression import total
from excel_export.formulas.functions import AND, IF, MOD, NA
from excel_export.formulas.lookups import Places
from excel_export.ops._movement import Movement


class LookUp(Movement):
    """A movement that the elements of index tensors decide; constant ones are settings."""

    @property
    def indices(self) -> Mapping[int, Tensor]:
        """By dimension of the input, the tensors on the sheet that hold places in it."""
        raise NotImplementedError

    @cached_property
    def places(self) -> Places:
        """Where each element of the result lies in the input."""
        raise NotImplementedError

    @property
    def spread(self) -> tuple[int, ...]:
        """The shape that PyTorch broadcasts the indices to."""
        raise NotImplementedError

    @property
    def lowest(self) -> int:
        """The lowest place, in lengths of the dimension: −1 where negative places count from the end, else 0."""
        return 0

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        lengths = [self.input.shape[axis] for axis, index in self.indices.items() if index is tensor]
        return (self.lowest * min(lengths), min(lengths) - 1) if lengths else None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if not self.indices:
            return {}
        found = {
            _name(axis): Helper(self.places.kept, "the places, from 0 on", partial(self._checked, axis))
            for axis, index in self.indices.items()
            if self.lowest or not index.is_given or index.shape != self.places.kept
        }
        if len(self.indices) > 1:
            words = "the places, as one number each"
            found["place"] = Helper(self.places.kept, words, partial(self._flat, y), "backward")
        return found

    def _checked(self, axis: int) -> OperandLike:
        index = self.indices[axis]
        return checked(self.places.arranged(index.cells, self.spread), self.input.shape[axis], index, self.lowest)

    def _flat(self, y: Tensor) -> OperandLike:
        """The places in all live dimensions as one number."""
        step = 1
        terms: list[OperandLike] = []
        for axis in reversed(self.places.live):
            terms.insert(0, self._grids(y)[axis] * step if step > 1 else self._grids(y)[axis].cells)
            step *= self.input.shape[axis]
        return total(terms)

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
        yield self.input, self.places.sent(place, y.grad)
        for index in self.indices.values():
            yield index, 0 * index

    def moves_once(self) -> np.ndarray | None:
        return None if self.indices else super().moves_once()

    def forward_math_here(self, y: Tensor) -> str:
        return "y = x at the places i" if self.indices else self.forward_math

    def forward_words_here(self, y: Tensor) -> str:
        if not self.indices:
            return self.forward_words
        return "Each result looks up a number of x. Its place, counted from 0, stands on the sheet: change it."

    def backward_words_here(self, y: Tensor) -> str:
        if not self.indices:
            return super().backward_words_here(y)
        return (
            "Each gradient goes back to the place that its number came from. "
            "What was looked up twice gets the sum; what was not gets 0. "
            "A place has no slope."
        )

    def backward_math_here(self, y: Tensor) -> str:
        return "∂L/∂xₖ = Σ g over the places i = k" if self.indices else super().backward_math_here(y)


def checked(index: Expression, length: int, tensor: Tensor, lowest: int) -> Expression:
    """Places from 0 on, of numbers that PyTorch takes for places; what it refuses is an error here, too."""
    place = MOD(index, length) if lowest else index
    if tensor.is_given:  # what is typed is within the limits
        return place
    return IF(AND(index >= lowest * length, index < length), place, NA())


def _name(axis: int) -> str:
    return f"places in dimension {axis}"
