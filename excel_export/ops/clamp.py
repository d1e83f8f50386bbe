"""maximum and minimum of two tensors; clamp: what lies outside two bounds, numbers or tensors, is set to the bound."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import torch

from excel_export.formulas import Expression, OperandLike, Tensor, operator
from excel_export.formulas.expression import as_expression, equal
from excel_export.formulas.functions import AND, IF, MAX, MIN, OR, SIGN
from excel_export.formulas.words import figure, listed
from excel_export.ops._elementwise import Broadcasting, row


# What part of a gradient a number at a bound gets: releases of PyTorch differ, so the installed one is asked, when this
# file is imported, before anything is recorded.
def _share(function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> float:
    """Return the slope of a function of two numbers at 0 and 0, as the first changes."""
    with torch.inference_mode(False), torch.enable_grad(), torch.device("cpu"):
        x, bound = torch.zeros((), requires_grad=True), torch.zeros(())
        return float(torch.autograd.grad(function(x, bound), x)[0])


_AT_A_NUMBER = _share(lambda x, bound: x.clamp(min=0.0))
"""The share of the gradient that `clamp` passes at a bound that is a number: 1 in PyTorch 2.13, and 0 in 2.15."""
_AT_A_TENSOR = _share(lambda x, bound: x.clamp(min=bound))
"""The share at a bound that is a tensor: 1, or 0.5 if the bound gets the other half."""

_HALF = 0.5
_SMALL = 1e-15
_ONE_BOUND: dict[Callable[..., Any], str] = {
    torch.clamp_min: "min",
    torch.Tensor.clamp_min: "min",
    torch.clamp_max: "max",
    torch.Tensor.clamp_max: "max",
}


class _Winner(Broadcasting):
    """The winner of each pair, with broadcasting. Equal elements share the gradient evenly."""

    input: Tensor
    other: Tensor

    backward_words = (
        "Only the winner of a pair decides the result: it gets the gradient, the other gets 0. "
        "Equal numbers share it evenly."
    )

    of_pair: ClassVar[Callable[[Any, Any], Expression]]
    """The winner of a pair."""
    wins: ClassVar[Callable[[Any, Any], Expression]]
    """The condition under which the first is the winner."""

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        return {
            "first": (self.input, "what the first operand gains"),
            "second": (self.other, "what the second operand gains"),
        }

    def forward(self, y: Tensor) -> OperandLike:
        return type(self).of_pair(self.input, self.other)

    def gain(self, name: str, y: Tensor) -> Expression:
        one, two = (self.input, self.other) if name == "first" else (self.other, self.input)
        return IF(type(self).wins(one, two), y.grad, IF(equal(one, two), y.grad / 2, 0))


for _name, _which, _sign, _of_pair, _wins in (
    ("maximum", "larger", ">", MAX, lambda one, two: one > two),
    ("minimum", "smaller", "<", MIN, lambda one, two: one < two),
):
    row(
        _name, (getattr(torch, _name), getattr(torch.Tensor, _name)), _Winner, of_pair=_of_pair, wins=_wins,
        __doc__=f"The {_which} of each pair. Equal elements share the gradient evenly.",
        called=f"{_which} of {{input}} and {{other}}",
        forward_words=f"The {_which} of each pair of numbers.",
        forward_math=f"y = {_name[:3]}(a, b)",
        backward_math=f"∂L/∂a = g if a {_sign} b, g/2 if a = b, else 0; b alike",
    )  # fmt: skip


@operator(torch.clamp, torch.clip, torch.Tensor.clamp, torch.Tensor.clip, *_ONE_BOUND)
class clamp(Broadcasting):
    """Numbers cut off at `min` and `max`, each a number, a tensor or None: [−2, 0.5, 3] at 0 and 1 is [0, 0.5, 1].

    At a bound all, half or none of the gradient passes, as in the release of PyTorch that is installed.
    """

    input: Tensor
    min: Tensor | float | None = None
    max: Tensor | float | None = None

    forward_words = "{bounds}. The rest passes unchanged."
    forward_math = "y = {bounded}"
    backward_words = (
        "Between the bounds the gradient passes as it is. Outside a small nudge changes nothing: there it is 0."
    )
    backward_math = "∂L/∂x = g if {between}{at_a_bound}, else 0"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        below, above = _said(self.min, "its lower bound"), _said(self.max, "its upper bound")
        words = [f"what is below {below} becomes {below}"] * (self.min is not None)
        words += [f"what is above {above} becomes {above}"] * (self.max is not None)
        low, high, less = _said(self.min, "low"), _said(self.max, "high"), "≤" if self._share == 1 else "<"
        inner = "x" if self.min is None else f"max(x, {low})"
        left = "" if self.min is None else f"{low} {less} "
        right = "" if self.max is None else f" {less} {high}"
        return {
            "bounds": listed(words).capitalize(),
            "bounded": inner if self.max is None else f"min({inner}, {high})",
            "between": f"{left}x{right}",
            "at_a_bound": ", g/2 at a bound" if self._share == _HALF else "",
        }

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function in _ONE_BOUND and len(args) > 1:
            return cls(args[0], **{_ONE_BOUND[function]: args[1]})
        return super().bind(function, *args, **kwargs)

    def forward(self, y: Tensor) -> OperandLike:
        above = self.input if self.min is None else MAX(self.input, self.min)
        return above if self.max is None else MIN(above, self.max)

    @property
    def _share(self) -> float:
        """The share of the gradient that passes at a bound."""
        return _AT_A_TENSOR if isinstance(self.min, Tensor) or isinstance(self.max, Tensor) else _AT_A_NUMBER

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        return {
            "inside": (self.input, "g between the bounds"),
            "low": (self.min, "g below the lower bound"),
            "high": (self.max, "g above the upper bound"),
        }

    def gain(self, name: str, y: Tensor) -> Expression:
        if self._share == _HALF:
            return self._halved_gain(name, y)
        x, low, high = self.input, self.min, self.max
        if name == "inside":
            closed = self._share == 1
            inside = [] if low is None else [_above(x, low, closed=closed)]
            inside += [] if high is None else [x <= high if closed else x < high]
            return IF(AND(*inside), y.grad, 0)
        if name == "low":
            assert low is not None
            return IF(x < low if high is None else AND(x < low, as_expression(low) < high), y.grad, 0)
        assert high is not None
        return IF(x > high if low is None else OR(x > high, as_expression(high) < low), y.grad, 0)

    def _halved_gain(self, name: str, y: Tensor) -> Expression:
        """Return an operand's gradient if a number and the bound that it equals get half each; of two such bounds, all
        of it.
        """
        x, low, high = self.input, self.min, self.max
        if low is None or high is None:
            bound = high if low is None else low
            assert bound is not None
            beyond = x > bound if low is None else x < bound
            at, other = (y.grad, 0) if name != "inside" else (0, y.grad)
            return IF(equal(x, bound), y.grad / 2, IF(beyond, at, other))
        apart = as_expression(low) < high
        if name == "inside":
            halved = AND(OR(equal(x, low), equal(x, high)), apart)
            return IF(AND(x >= low, x <= high), IF(halved, y.grad / 2, y.grad), 0)
        if name == "low":
            return IF(AND(x < low, as_expression(low) <= high), y.grad, IF(AND(equal(x, low), apart), y.grad / 2, 0))
        beyond = OR(x > high, as_expression(high) < low)
        return IF(beyond, y.grad, IF(AND(equal(x, high), apart), y.grad / 2, 0))


def _above(x: Tensor, low: Tensor | float, *, closed: bool) -> Expression:
    """Return the condition that x is above a lower bound; or at it, if `closed`.

    As in `log(p.clamp(min=1e-30))`: one engine takes 0 for equal to so small a number, and then the slope of log is
    1e30.
    """
    if isinstance(low, Tensor) or low == 0 or abs(low) > _SMALL:
        return x >= low if closed else x > low
    side = SIGN(x - low)
    return side >= 0 if closed else side > 0


def _said(bound: Tensor | float | None, name: str) -> str:
    """A bound that is a number, or the name of one that is a tensor."""
    return name if bound is None or isinstance(bound, Tensor) else figure(bound)
