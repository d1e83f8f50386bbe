"""Operators of two operands, element by element, with broadcasting; the second may be a plain number."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from excel_export.formulas import Cases, Example, Expression, Extreme, Gradients, Helper, OperandLike, Operator, Tensor
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._elementwise import NO_SLOPE
from excel_export.ops._numbers import IMAGE, PAIRS, ROW, randn


class Pairwise(Operator):
    """A function of two operands, which is tried with operands of all shapes."""

    input: Tensor
    other: Tensor | float

    far: ClassVar[float] = 0
    """What is added to the usual numbers to be the second operand."""

    @classmethod
    def cases(cls) -> Cases:
        function, far = cls.functions[0], cls.far
        yield Example("", function, ROW, far + ROW)
        yield Example("random", cls.functions[-1], randn(3, 4), far + randn(3, 4))
        yield Example("broadcast", function, randn(3, 4), far + randn(4))
        yield Example("broadcast a column", function, randn(3, 4), far + randn(3, 1))
        yield Example("broadcast first", function, randn(4), far + randn(3, 4))
        yield Example("broadcast both", function, randn(3, 1), far + randn(1, 4))
        yield Example("broadcast nothing", function, randn(1, 3), far + randn(3))
        yield Example("broadcast over images", function, IMAGE, far + randn(3, 1, 1))
        yield Example("broadcast outer", function, randn(2, 1, 1, 5), far + randn(3, 4, 1))
        yield Example("number", lambda x: cls.functions[-1](x, 2.5), randn(3, 4))
        yield Example("negative number", lambda x: function(x, -1.5), randn(3, 4))
        yield Extreme("", function, *PAIRS, by_element=True)

    @property
    def of_two(self) -> bool:
        """Whether the second operand is a tensor, too."""
        return isinstance(self.other, Tensor)

    @property
    def each_first(self) -> str:
        """The first operand in a sentence."""
        count = self.input.data.size
        return f"each of the {count} numbers" if count > 1 else "the number"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        used = [x for x in (self.input, self.other) if isinstance(x, Tensor) and x.has_grad and x.shape != y.shape]
        return {"sums": " A number that is used several times gets the sum." if used else ""}


def with_number(call: Pairwise, y: Tensor) -> bool:
    """Whether the second operand is a plain number."""
    return not call.of_two


def gain_helpers(
    y: Tensor, operands: Mapping[str, tuple[Tensor | float | None, str]], gain: Callable[[str], OperandLike]
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
        if isinstance(operand, Tensor) and operand.is_float and operand.shape != y.shape
    }


class Broadcasting(Operator):
    """A function of several operands, element by element, with broadcasting; subclasses say what each of them gains."""

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        """Each operand by a name, and in words what it gains."""
        raise NotImplementedError

    def gain(self, name: str, y: Tensor) -> Expression:
        """What an operand gains, element by element, before it is added up."""
        raise NotImplementedError

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return gain_helpers(y, self.operands, lambda name: self.gain(name, y))

    def backward(self, y: Tensor) -> Gradients:
        for name, (x, _) in self.operands.items():
            if isinstance(x, Tensor):
                gain = unbroadcast(x, y.helpers[name]) if name in y.helpers else self.gain(name, y)
                yield x, gain if x.is_float else 0 * x


class Jump(Operator):
    """A function of two operands, with broadcasting, that jumps from one answer to the next."""

    input: Tensor | float
    other: Tensor | float

    backward_words = NO_SLOPE
    backward_math = "∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is"

    def backward(self, y: Tensor) -> Gradients:
        for x in (self.input, self.other):
            if isinstance(x, Tensor):
                yield x, 0 * x
