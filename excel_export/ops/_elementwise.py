"""Operators of single elements: of one tensor, or of two with broadcasting, where the second may be a plain number.

Where a formula, and one for its gradient, is all there is to say, such an operator is a row: a call of `elementwise`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator, unbroadcast

Formula = Callable[..., OperandLike]
"""Returns a formula; its parameters' names say of what: x, the input; y, the result; g, its gradient; a helper; a
setting."""
Written = tuple[str, Formula]
"""A formula in a textbook's spelling, and the function that returns it."""

NO_SLOPE = "A small nudge leaves the answer as it is, so the slope is 0: this path adds 0."
"""The backward words of functions that jump, so that no gradient passes."""


def row(name: str, functions: Sequence[Any], *bases: type[Operator], **members: Any) -> None:
    """Register an operator that has no class statement of its own.

    Args:
        name: the operator's name.
        functions: PyTorch's functions and methods that it stands for.
        bases: its base classes; it belongs to the file of the last one, unless `members` has `__module__`.
        members: the attributes of its class: forward_math="y = |x|", forward=lambda self, y: ABS(self.input).
    """
    operator(*functions)(type(name, bases, {"__module__": bases[-1].__module__, **members}))


class Elementwise(Operator):
    """A function of each element, such as e^x; a subclass says which by `forward` and `gradient`."""

    input: Tensor
    is_elementwise = True

    def gradient(self, y: Tensor) -> OperandLike:
        """Return the formula of the input's gradient, g times the function's slope: y.grad * y for e^x."""
        raise NotImplementedError

    def backward(self, y: Tensor) -> Gradients:
        """Yield (input, formulas of its gradient), once: (x, y.grad * y) for e^x."""
        yield self.input, self.gradient(y)


class InPlace(Elementwise):
    """An elementwise function with an argument `inplace`, as relu; the result has cells of its own all the same."""

    inplace: bool = False


class StepFunction(Elementwise):
    """An elementwise function that jumps from one value to the next, as floor does: its gradient is 0."""

    backward_words = NO_SLOPE
    backward_math = "∂L/∂x = 0: nudging it leaves y as it is"

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * self.input


def elementwise(
    name: str,
    functions: Sequence[Callable[..., Any]],
    what: str,
    base: type[Elementwise] = Elementwise,
    *,
    forward: Written,
    backward: Written | None = None,
    helpers: Mapping[str, Written] | None = None,
    readable: Formula | None = None,
    settings: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    """Register an operator of one tensor that is one formula, and one for its gradient.

    A formula is a function; its parameters are called x, the input, y, the result, g, its gradient, or as a helper or
    setting. With it goes a text: its spelling in a textbook.

    Args:
        name: the operator's name.
        functions: PyTorch's functions and methods that it stands for.
        what: its docstring, one line.
        base: its base class.
        forward: the result's text and formula: ("y = e^x", lambda x: EXP(x)).
        backward: those of the input's gradient, ("∂L/∂x = g · y", lambda y, g: g * y); None for the base class's.
        helpers: tensors that stand beside the result: title and formula, by name. None for none.
        readable: the result for people, if the formula in the cells is longer, to be exact; None for the same.
        settings: PyTorch's further arguments in their order, with their defaults: {"alpha": 1.0}. None for none.
        more: further attributes of the class: `called`, `forward_words`, `check`, …

    Raises:
        TypeError: a formula has another parameter, or `more` a name that is no attribute of the base class.
    """
    written = [each for each in (forward, backward, *(helpers or {}).values()) if each]
    needed = {key for _, formula in written for key in signature(formula).parameters}
    known = {"x", "y", "g", *(helpers or ()), *(settings or ())}
    unknown = [key for key in more if not hasattr(base, key)] + sorted(needed - known)
    if unknown:
        raise TypeError(f"{name}: an operator has no {', '.join(unknown)}")
    members = {"__doc__": what, "__module__": forward[1].__module__, **more, **(settings or {})}
    members["__annotations__"] = {key: type(default) for key, default in (settings or {}).items()}
    members |= {"forward_math": forward[0], "forward": lambda self, y: _filled(forward[1], self, y)}
    if backward is not None:
        members |= {"backward_math": backward[0], "gradient": lambda self, y: _filled(backward[1], self, y)}
    if helpers is not None:
        members["helpers"] = lambda self, y: {
            key: Helper(y.shape, title, partial(_filled, formula, self, y)) for key, (title, formula) in helpers.items()
        }
    if readable is not None:
        members["readable_all"] = lambda self, results: (_filled(readable, self, *results),)
    row(name, functions, base, **members)


def _filled(formula: Formula, call: Elementwise, y: Tensor) -> OperandLike:
    names = signature(formula).parameters
    given = {**call.arguments, "x": call.input, "y": y, **y.helpers} | ({"g": y.grad} if "g" in names else {})
    return formula(*(given[name] for name in names))


class Pairwise(Operator):
    """A function of two operands, element by element with broadcasting, such as x + z or x + 2."""

    input: Tensor
    other: Tensor | float

    @property
    def of_two(self) -> bool:
        """True if the second operand is a tensor, too, as in x + y; False for x + 2."""
        return isinstance(self.other, Tensor)

    @property
    def each_first(self) -> str:
        """The first operand in a sentence: 'each of the 6 numbers', 'the number' if it is one."""
        count = self.input.data.size
        return f"each of the {count} numbers" if count > 1 else "the number"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        used = [x for x in (self.input, self.other) if isinstance(x, Tensor) and x.has_grad and x.shape != y.shape]
        return {"sums": " A number that is used several times gets the sum." if used else ""}


def with_number(call: Pairwise, y: Tensor) -> bool:
    """Return whether the second operand is a plain number, as in x + 2; `y` plays no role, but `Phrases` give it."""
    return not call.of_two


def gain_helpers(
    y: Tensor, operands: Mapping[str, tuple[Tensor | float | None, str]], gain: Callable[[str], OperandLike]
) -> dict[str, Helper]:
    """Return a helper for each operand that is broadcast: its gradient by element, before it is added up.

    Operands of the result's shape, numbers and integers get none; {} if none is left.

    Args:
        y: the result.
        operands: by the helper's name the operand, and its gradient in words: {'b': (b, 'g · a')}.
        gain: returns the gradient's formulas in the result's shape, by the helper's name.
    """
    return {
        name: Helper(y.shape, f"{words}, not yet added up", partial(gain, name), "backward")
        for name, (operand, words) in operands.items()
        if isinstance(operand, Tensor) and operand.is_float and operand.shape != y.shape
    }


class Broadcasting(Operator):
    """A function of several operands, element by element, broadcast.

    A subclass defines `operands`, and gain(name, y), the formula of each one's gradient: y.grad*z for x of x·z.
    """

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        """Each operand by a name, and its gradient in words: {'base': (x, 'g · p · xᵖ⁻¹'), …}."""
        raise NotImplementedError

    def gain(self, name: str, y: Tensor) -> Expression:
        """Return the gradient of the operand `name` in the shape of `y`, before it is added up: y.grad * 2."""
        raise NotImplementedError

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return gain_helpers(y, self.operands, lambda name: self.gain(name, y))

    def backward(self, y: Tensor) -> Gradients:
        for name, (x, _) in self.operands.items():
            if isinstance(x, Tensor):
                gain = unbroadcast(x, y.helpers[name]) if name in y.helpers else self.gain(name, y)
                yield x, gain if x.is_float else 0 * x


class Jump(Operator):
    """A function of two operands, with broadcasting, that jumps, as x > z does from 0 to 1: its gradients are 0."""

    input: Tensor | float
    other: Tensor | float

    backward_words = NO_SLOPE
    backward_math = "∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is"

    def backward(self, y: Tensor) -> Gradients:
        for x in (self.input, self.other):
            if isinstance(x, Tensor):
                yield x, 0 * x
