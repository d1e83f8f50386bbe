"""Operators that reduce some dimensions, or all, to one element."""

import math

from excel_export.formulas import Expression, Operator, Tensor
from excel_export.formulas.idioms import Dims, as_dims, kept
from excel_export.formulas.words import counted


class Reduction(Operator):
    """A reduction over `dim`: None is everything."""

    input: Tensor
    dim: Dims = None
    keepdim: bool = False

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimensions that are reduced, from 0 on."""
        return as_dims(self.dim, len(self.input.shape))

    @property
    def kept(self) -> tuple[int, ...]:
        """The shape of the result with the reduced dimensions kept."""
        return kept(self.input.shape, self.dims)

    @property
    def count(self) -> int:
        """How many elements are reduced to one."""
        return math.prod(self.input.shape[axis] for axis in self.dims)

    def of_how_many(self, y: Tensor) -> str:
        """What is reduced, in a sentence: 'of 3 numbers, for each of 4 results'."""
        times = f", for each of {y.data.size} results" if y.data.size > 1 else ""
        return f"of {counted(self.count, 'number')}{times}"

    def spread(self, result: Expression) -> Expression:
        """The result's formulas, or its gradient's, ready to broadcast over the input."""
        return result.reshape(*self.kept)
