"""Operators of two operands, element by element, with broadcasting; the second may be a plain number."""

from collections.abc import Callable, Mapping
from functools import partial

from excel_export.formulas import Helper, OperandLike, Operator, Tensor


class Pairwise(Operator):
    """A function of two operands."""

    input: Tensor
    other: Tensor | float

    @property
    def each_of_the_first(self) -> str:
        """The first operand in a sentence."""
        count = self.input.data.size
        return f"each of the {count} numbers" if count > 1 else "the number"

    def sums(self, y: Tensor) -> str:
        """A further sentence where an operand is used for several results."""
        used = [x for x in (self.input, self.other) if isinstance(x, Tensor) and x.has_grad and x.shape != y.shape]
        return " A number that is used several times gets the sum." if used else ""


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
