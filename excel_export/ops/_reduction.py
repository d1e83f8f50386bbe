"""Operators that reduce some dimensions, or all, to one element."""

from excel_export.formulas import Expression, Operator, Tensor
from excel_export.formulas.idioms import Dims, as_dims, kept


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

    def spread(self, result: Expression) -> Expression:
        """The result's formulas, or its gradient's, ready to broadcast over the input."""
        return result.reshape(*self.kept)
