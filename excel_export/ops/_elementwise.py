"""Operators of one tensor, element by element: a formula, and one for its gradient.

Where that is all there is to say, such an operator is a row: a call of `elementwise`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from inspect import signature
from typing import Any, ClassVar

import torch
from torch import nn

from excel_export.formulas import Cases, Example, Extreme, Gradients, Helper, OperandLike, Operator, Tensor
from excel_export.ops._numbers import BORDERS, FAR, NUMBERS, ROW, randn
from excel_export.ops._rows import row

Formula = Callable[..., OperandLike]
"""Gives a formula of what its parameters name: x, the input; y, the result; g, its gradient; or a helper."""
Written = tuple[str, Formula]
"""How a textbook writes a formula, and the formula."""

NO_SLOPE = "A small nudge leaves the answer as it is, so the slope is 0: this path adds 0."


class Elementwise(Operator):
    """A function of each element; `forward` and `gradient` say which.

    It is tried with usual numbers, with 0, and with numbers of all sizes; a subclass may add cases of its own.
    """

    input: Tensor

    within: ClassVar[Callable[[torch.Tensor], torch.Tensor]] = torch.clone
    """Moves the usual numbers to where the function knows them."""
    numbers: ClassVar[torch.Tensor] = NUMBERS
    """The numbers of all sizes; those where PyTorch has no finite result or gradient are left out."""
    decides: ClassVar[bool] = False
    """True for a function that compares numbers; see `Extreme`."""
    cancels: ClassVar[bool] = False
    """True for a function that takes the difference of numbers near each other; see `Extreme`."""
    has_gradient: ClassVar[bool] = True
    """Whether PyTorch has a gradient for it; if not, the numbers of all sizes are added to its results."""
    module: ClassVar[type[nn.Module] | None] = None
    """PyTorch's module, which is tried with numbers that saturate it."""
    also: ClassVar[Sequence[Example]] = ()
    """What is special about it, and tried, too."""

    def gradient(self, y: Tensor) -> OperandLike:
        """What the input's gradient gains: g times the slope of the function."""
        raise NotImplementedError

    def backward(self, y: Tensor) -> Gradients:
        """Give the gradient to the input."""
        yield self.input, self.gradient(y)

    @classmethod
    def cases(cls) -> Cases:
        first, other, last = cls.functions[0], cls.functions[len(cls.functions) // 2], cls.functions[-1]
        yield Example("", first, cls.within(ROW))
        yield Example("random", last, cls.within(3 * randn(3, 4)))
        yield Example("at zero", other, cls.within(BORDERS))
        if any(field.name == "inplace" for field in fields(cls)):
            yield Example("in place", lambda x: first(x * 1, inplace=True), randn(3, 4))
        if cls.module is not None:
            yield Example("saturated", cls.module(), FAR)
        yield from cls.also
        function = first if cls.has_gradient else lambda x: first(x) + x
        yield Extreme("", function, cls.numbers, by_element=True, decides=cls.decides, cancels=cls.cancels)


class InPlace(Elementwise):
    """One that PyTorch can also write over its input; on a sheet, the result has cells of its own."""

    inplace: bool = False


class Step(Elementwise):
    """One that jumps from one answer to the next."""

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
    **more: Any,
) -> None:
    """Register an operator that is one formula, and one for its gradient.

    Args:
        name: what it is called.
        functions: PyTorch's functions and methods that it is.
        what: what it is, in a line.
        base: what it has in common with others.
        forward: the result.
        backward: what the input's gradient gains; where there is none, what the base says.
        helpers: tensors that stand beside the result, by name; what is written of each is its title.
        readable: the result as a person reads it, where the formula in the cells is longer, to be exact.
        more: what else it says of itself, and how it is tried, as in a class: `called`, `forward_words`, `decides`, …

    Raises:
        TypeError: a formula needs what there is not, or an operator has nothing of a name.
    """
    written = [each for each in (forward, backward, *(helpers or {}).values()) if each]
    needed = {key for _, formula in written for key in signature(formula).parameters}
    unknown = [key for key in more if not hasattr(base, key)] + sorted(needed - {"x", "y", "g", *(helpers or ())})
    if unknown:
        raise TypeError(f"{name}: an operator has no {', '.join(unknown)}")
    members = {"__doc__": what, "__module__": forward[1].__module__, **more}
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
    """A formula of what its parameters name."""
    names = signature(formula).parameters
    given = {"x": call.input, "y": y, **y.helpers} | ({"g": y.grad} if "g" in names else {})
    return formula(*(given[name] for name in names))
