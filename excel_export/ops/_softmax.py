"""What softmax and its logarithm have in common: one dimension that is made to sum up to 1."""

import math

import torch

from excel_export.formulas import Expression, Operator, Tensor
from excel_export.formulas.idioms import as_dims, reduced


class Softmax(Operator):
    """A normalisation over one dimension."""

    input: Tensor
    dim: int | None
    _stacklevel: int = 3
    dtype: torch.dtype | None = None

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimension, from 0 on."""
        return as_dims(self.dim, len(self.input.shape))

    @property
    def count(self) -> int:
        """How many logits become probabilities together."""
        return math.prod(self.input.shape[axis] for axis in self.dims)

    @property
    def shifted(self) -> Expression:
        """The logits less the largest of them, so that EXP cannot overflow."""
        return self.input - reduced("MAX", self.input.value, self.dims)

    def check(self) -> str | None:
        return "dim must be given" if self.dim is None else None
