"""What softmax, its logarithm and cross-entropy have in common: logits that become probabilities along a dimension."""

import math
from collections.abc import Collection

import torch

from excel_export.formulas import Helper, OperandLike, Operator, Tensor
from excel_export.formulas.functions import EXP, IF, NA
from excel_export.formulas.idioms import as_dims, kept, reduced
from excel_export.shared.infinity import NEVER, is_infinite


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
    def kept(self) -> tuple[int, ...]:
        """The shape of what there is one of for all logits that become probabilities together."""
        return kept(self.input.shape, self.dims)

    def check(self) -> str | None:
        return "dim must be given" if self.dim is None else None


def exponentials(x: Tensor, dims: Collection[int], y: Tensor) -> dict[str, Helper]:
    """The largest logit, e to the power of each logit less that, so that EXP cannot overflow, and their sum.

    The largest and the sum have cells of their own: if each element looked for them, the cost of n logits were n².

    Args:
        x: the logits.
        dims: the dimension along which they become probabilities.
        y: the result beside which these helpers stand.
    """
    lines = kept(x.shape, dims)

    def summed() -> OperandLike:
        powers = reduced("SUM", y.helpers["exp"], dims)
        # Where a mask hides all of them, PyTorch has no number; a network that has met this already minds it itself.
        minds = not x.is_masked or is_infinite(x.data).all(axis=tuple(dims)).any()
        return powers if minds else IF(y.helpers["largest"] <= NEVER, NA(), powers)

    return {
        "largest": Helper(lines, "max x", lambda: reduced("MAX", x.value, dims)),
        "exp": Helper(x.shape, "exp(x − max x)", lambda: EXP(x - y.helpers["largest"])),
        "sum": Helper(lines, "Σ exp(x − max x)", summed),
    }
