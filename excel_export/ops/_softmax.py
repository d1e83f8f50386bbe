"""What softmax, its logarithm and cross-entropy have in common: powers of e that cannot overflow."""

from collections.abc import Collection

from excel_export.formulas import Helper, OperandLike, Tensor
from excel_export.formulas.functions import EXP, IF, NA
from excel_export.formulas.idioms import kept, reduced
from excel_export.shared.infinity import NEVER, is_infinite


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
