"""softmax: logits to probabilities; and log_softmax, their logarithm, without ever taking that of a tiny number."""

from collections.abc import Collection

import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator
from excel_export.formulas.arrays import sum_of_products
from excel_export.formulas.functions import EXP, IF, LN, NA
from excel_export.formulas.idioms import along, kept, reduced
from excel_export.ops.reductions import OverDims
from excel_export.shared.infinity import NEVER, is_infinite


def exponentials(x: Tensor, dims: Collection[int], y: Tensor) -> dict[str, Helper]:
    """Return the helpers 'largest', max x, 'exp', e to the power of each logit less that, and 'sum', Σ of these powers.

    The largest and the sum have cells of their own: if each element looked for them, the cost of n logits were n².

    Args:
        x: the logits.
        dims: the dimension, from 0 on, along which they become probabilities: (1,).
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


class Softmax(OverDims, Operator):
    """Softmax or its logarithm over one dimension, `dim`, which must be given."""

    input: Tensor
    dim: int | None
    _stacklevel: int = 3
    dtype: torch.dtype | None = None

    def check(self) -> str | None:
        return "dim must be given" if self.dim is None else None


@operator(F.softmax, torch.softmax, torch.Tensor.softmax)
class softmax(Softmax):
    """Softmax over one dimension: [0.5, 0.5] of [3, 3]. The largest logit is taken off, so that EXP cannot overflow."""

    forward_words = (
        "{count} logits become {count} probabilities: e to the power of each, divided by the sum of all. "
        "None is negative, together they are 1, and the largest logit gets the most."
    )
    forward_math = "yₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x)"
    backward_words = (
        "More for one means less for the others. "
        "So a logit's gradient is its probability times how far its own g lies above the mean g, weighted by the probabilities."
    )
    backward_math = "∂L/∂xₖ = yₖ · (gₖ − Σⱼ gⱼ yⱼ)"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {
            **exponentials(self.input, self.dims, y),
            "mean": Helper(self.kept, "Σ g · y", lambda: self._mean(y), "backward"),
        }

    def _mean(self, y: Tensor) -> Expression:
        """The mean of what arrives, weighted by the probabilities."""
        return sum_of_products(
            self.kept, lambda *index: (along(y.grad, self.dims, index), along(y.value, self.dims, index))
        )

    def forward(self, y: Tensor) -> OperandLike:
        return y.helpers["exp"] / y.helpers["sum"]

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        (y,) = results
        return (EXP(self.input - y.helpers["largest"]) / y.helpers["sum"],)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, y * (y.grad - y.helpers["mean"])


@operator(F.log_softmax, torch.log_softmax, torch.Tensor.log_softmax)
class log_softmax(Softmax):
    """ln of softmax over one dimension. The largest logit is taken off before EXP: no logit is too large."""

    called = "log-softmax of {input}"
    forward_words = "The logits become logarithms of probabilities: 0 would be certain, far below 0 is unlikely."
    backward_words = (
        "More for one means less for the others. "
        "So a logit's gradient is its own g, less its probability times the sum of all g."
    )
    forward_math = "yₖ = (xₖ − max x) − ln Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = gₖ − exp(yₖ) · Σⱼ gⱼ"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {
            **exponentials(self.input, self.dims, y),
            "arriving": Helper(self.kept, "Σ g", lambda: reduced("SUM", y.grad, self.dims), "backward"),
        }

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - y.helpers["largest"] - LN(y.helpers["sum"])

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, y.grad - EXP(y) * y.helpers["arriving"]
