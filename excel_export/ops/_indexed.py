"""Operators with places in their input; where these stand on the sheet, a learner may change them."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import ClassVar

import torch

from excel_export.formulas import Expression, Operator, Tensor, total
from excel_export.formulas.functions import AND, IF, MOD, NA
from excel_export.formulas.lookups import Places
from excel_export.ops._one_axis import OneAxis


class Indexed(Operator):
    """An operator whose places are constant, or the elements of tensors on the sheet."""

    input: Tensor

    lowest: ClassVar[int] = 0
    """The lowest place, in lengths of the dimension: −1 where negative places count from the end, else 0."""

    @property
    def indices(self) -> Mapping[int, Tensor]:
        """By dimension of the input, the tensors on the sheet that hold places in it."""
        raise NotImplementedError

    @property
    def spread(self) -> tuple[int, ...]:
        """The shape that PyTorch broadcasts the indices to."""
        raise NotImplementedError

    @cached_property
    def places(self) -> Places:
        """Where each element that is looked up, or sent, lies in the input."""
        raise NotImplementedError

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        shape = self.input.shape or (1,)  # a single number has one place
        lengths = [shape[axis] for axis, index in self.indices.items() if index is tensor]
        return (self.lowest * min(lengths), min(lengths) - 1) if lengths else None

    def checked(self, axis: int) -> Expression:
        """The places in a dimension, from 0 on; what PyTorch refuses as a place is an error here, too."""
        tensor, length = self.indices[axis], self.input.shape[axis]
        index = self.places.arranged(tensor.cells, self.spread)
        place = MOD(index, length) if self.lowest else index
        if tensor.is_given:  # what is typed is within the limits
            return place
        return IF(AND(index >= self.lowest * length, index < length), place, NA())

    def flat(self, place_in: Callable[[int], Expression]) -> Expression:
        """The places in all live dimensions as one number each."""
        step = 1
        terms: list[Expression] = []
        for axis in reversed(self.places.live):
            terms.insert(0, place_in(axis) * step if step > 1 else place_in(axis))
            step *= self.input.shape[axis]
        return total(terms)


class AlongOne(OneAxis, Indexed):
    """An operator with a tensor of places, `index`, along one dimension: of single elements, or of whole slices."""

    dim: int
    index: torch.Tensor | Tensor

    of_slices: ClassVar[bool] = False

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
