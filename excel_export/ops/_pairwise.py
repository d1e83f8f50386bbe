"""Operators of two operands, element by element, with broadcasting; the second may be a plain number."""

from collections.abc import Callable, Mapping
from functools import partial

from excel_export.formulas import Helper, OperandLike, Operator, Tensor


class Pairwise(Operator):
    """A function of two operands."""

    input: Tensor
    other: Tensor | float


def gain_helpers(
    y: Tensor, operands: Mapping[str, tuple[Tensor | float, str]], gain: Callable[[str], OperandLike]
) -> dict[str, Helper]:
    """A helper for each operand that is broadcast: what it gains element by element.

    Args:
        y: the result.
        operands: for each helper's name the operand, and its gain in words.
        gain: the formula by the helper's name.
    """
    return {
        name: Helper(y.shape, f"{words}, before it is added up", partial(gain, name), "backward")
        for name, (operand, words) in operands.items()
        if isinstance(operand, Tensor) and operand.shape != y.shape
    }
