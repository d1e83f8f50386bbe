"""Losses that say how far the prediction is from the target: l1_loss, mse_loss, huber_loss and smooth_l1_loss.

They compare them element by element, then take the mean, the sum, or neither.
"""

import math
from typing import Any

import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator, total
from excel_export.formulas.arrays import of_ranges
from excel_export.formulas.functions import ABS, IF, MAX, MIN, SIGN
from excel_export.formulas.idioms import WRITTEN_OUT

REDUCTION_ONLY = "size_average and reduce are not supported: use reduction"


def added_up(losses: Expression, y: Tensor) -> Expression:
    """Return the sum of losses: SUM(B3:B14) of the helper 'losses', if the result `y` has it, else ABS(B3-C3)+…."""
    if "losses" in y.helpers:
        return of_ranges("SUM", y.helpers["losses"].whole.ranges)
    elements = losses.reshape(-1)
    return total(elements[k] for k in range(elements.shape[0]))


class ElementwiseLoss(Operator):
    """A loss of input and target, of one shape, element by element; subclasses give `losses` and `slopes`."""

    input: Tensor
    target: Tensor

    # Every loss has one, at a place of its own among the arguments.
    @property
    def reduction(self) -> str:
        """'mean', 'sum' or 'none': the way from the elements' losses to the result."""
        raise NotImplementedError

    def losses(self, y: Tensor) -> Expression:
        """Return the loss of each element, in the input's shape: ABS(self.input - self.target); `y` is the result."""
        raise NotImplementedError

    def slopes(self, y: Tensor) -> Gradients:
        """Yield (tensor, derivative of each element's loss by it): (self.input, SIGN(self.input - self.target))."""
        raise NotImplementedError

    @property
    def divisor(self) -> int:
        """The number by which a mean divides, 12 for (3, 4); 1 for other reductions."""
        return math.prod(self.input.shape) if self.reduction == "mean" else 1

    def pieces(self, y: Tensor) -> dict[str, Any]:
        n = math.prod(self.input.shape)
        is_one = n == 1 or self.reduction == "none"
        return {
            "of_several": "" if is_one else f" The loss is the {self.reduction} of {n}.",
            "mean": (f"(1/{self.divisor}) · " if self.divisor > 1 else "") + ("" if is_one else "Σ "),
            "per": f" / {self.divisor}" if self.divisor > 1 else "",
            "w": "" if self.arguments.get("weight") is None else "w · ",
        }

    def check(self) -> str | None:
        if any(self.arguments.get(name) is not None for name in ("size_average", "reduce")):
            return REDUCTION_ONLY
        return None if self.input.shape == self.target.shape else "prediction and target must have the same shape"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if self.reduction == "none" or math.prod(self.input.shape) == 1:
            return {}
        return {"losses": Helper(self.input.shape, "the loss of each element", lambda: self.losses(y))}

    def forward(self, y: Tensor) -> OperandLike:
        losses = self.losses(y)
        return losses if losses.shape == y.shape else self.reduced(added_up(losses, y))

    def reduced(self, sum_of_losses: Expression) -> Expression:
        """Return the result by the sum of the losses: SUM(B3:B14)/12 for a mean of 12, else the sum itself."""
        return sum_of_losses if self.divisor == 1 else sum_of_losses / self.divisor

    def backward(self, y: Tensor) -> Gradients:
        for tensor, slope in self.slopes(y):
            gained = y.grad * slope
            yield tensor, gained if self.divisor == 1 else gained / self.divisor


class DistanceLoss(ElementwiseLoss):
    """A loss of the distance between prediction and target: both exchanged, it is the same; subclasses give `slope`."""

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        """Return the derivative of each element's loss by `one`, the input or the target: SIGN(one - other)."""
        raise NotImplementedError

    def check(self) -> str | None:
        return super().check() if self.arguments.get("weight") is None else "weight is not supported"

    def slopes(self, y: Tensor) -> Gradients:
        yield self.input, self.slope(self.input, self.target)
        yield self.target, self.slope(self.target, self.input)


@operator(F.l1_loss)
class l1_loss(DistanceLoss):
    """The mean (or sum, by `reduction`) of the absolute differences between prediction and target."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    weight: Tensor | None = None

    called = "absolute error of {input}"
    forward_words = "How far the prediction is from the target, without sign.{of_several}"
    forward_math = "y = {mean}|x − t|"
    backward_words = (
        "The slope is 1 above the target and −1 below it, however far: only the side counts. On the target it is 0."
    )
    backward_math = "∂L/∂x = g · sign(x − t){per}, 0 where x = t,  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Tensor) -> Expression:
        return ABS(self.input - self.target)

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return SIGN(one - other)


@operator(F.mse_loss)
class mse_loss(DistanceLoss):
    """The mean (or sum, by `reduction`) of the squared differences between prediction and target."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    weight: Tensor | None = None

    called = "squared error of {input}"
    forward_words = "The squared distance between the prediction and the target.{of_several}"
    forward_math = "y = {mean}(x − t)²"
    backward_words = (
        "The slope of a square is twice the distance: the further the prediction is off, the steeper. "
        "A step against the gradient moves it towards the target."
    )
    backward_math = "∂L/∂x = g · 2 (x − t){per},  ∂L/∂t = −∂L/∂x"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        # SUMXMY2 would need no losses beside it, but not every engine lets its ranges lie on two sheets.
        return {} if math.prod(self.input.shape) <= WRITTEN_OUT else super().helpers(y)

    def losses(self, y: Tensor) -> Expression:
        # LibreOffice takes a power that is too small for a double, such as 1E-200^2, as an error.
        return (self.input - self.target) * (self.input - self.target)

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return 2 * (one - other)


@operator(F.huber_loss)
class huber_loss(DistanceLoss):
    """The mean (or sum) of d²/2 for a difference |d| up to δ, `delta`, and of the line δ · (|d| − δ/2) beyond."""

    reduction: str = "mean"
    delta: float = 1.0
    weight: Tensor | None = None

    called = "Huber loss of {input}"
    forward_words = "How far the prediction is from the target: squared (and halved) where it is near, in a straight line where it is far.{of_several}"
    forward_math = "y = {mean}(d²/2 if |d| ≤ δ, else δ · (|d| − δ/2)),  d = x − t,  δ = {delta}"
    backward_words = "Near the target the gradient grows with the distance; further off than δ its size stays the same."
    backward_math = "∂L/∂x = g · d{per}, with d cut off at ±δ,  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Tensor) -> Expression:
        d, delta = self.input - self.target, self.delta
        return IF(ABS(d) <= delta, d * d / 2, delta * (ABS(d) - delta / 2))

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return MAX(-self.delta, MIN(self.delta, one - other))


@operator(F.smooth_l1_loss)
class smooth_l1_loss(DistanceLoss):
    """The mean (or sum) of d²/2β for a difference |d| below β, `beta`, and of the line |d| − β/2 beyond."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    beta: float = 1.0

    called = "smooth L1 loss of {input}"
    forward_words = "How far the prediction is from the target: a parabola where it is near, a straight line where it is far.{of_several}"
    forward_math = "y = {mean}(d²/2β if |d| < β, else |d| − β/2),  d = x − t,  β = {beta}"
    backward_words = "Near the target the gradient grows with the distance; further off than β its size stays the same."
    backward_math = "∂L/∂x = g · (d/β if |d| < β, else sign d){per},  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Tensor) -> Expression:
        d, beta = self.input - self.target, self.beta
        return ABS(d) if beta == 0 else IF(ABS(d) < beta, d * d / (2 * beta), ABS(d) - beta / 2)

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return SIGN(one - other) if self.beta == 0 else MAX(-1, MIN(1, (one - other) / self.beta))
