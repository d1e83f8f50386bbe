"""Losses that compare prediction and target element by element, then take the mean, the sum, or neither."""

import math

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, total
from excel_export.formulas.arrays import of_ranges

REDUCTION_ONLY = "size_average and reduce are not supported: use reduction"


class ElementwiseLoss(Operator):
    """A loss of pairs of elements; subclasses say what one pair costs, and its slopes."""

    input: Tensor
    target: Tensor

    # Every loss has one, at a place of its own among the arguments.
    @property
    def reduction(self) -> str:
        """What is made of the losses: 'mean', 'sum' or 'none'."""
        raise NotImplementedError

    def losses(self, y: Tensor) -> Expression:
        """The loss of each element."""
        raise NotImplementedError

    def slopes(self, y: Tensor) -> Gradients:
        """Yield (tensor, the derivative of each element's loss by it)."""
        raise NotImplementedError

    @property
    def divisor(self) -> int:
        """What a mean divides by; 1 for other reductions."""
        return math.prod(self.input.shape) if self.reduction == "mean" else 1

    def forward_words_here(self, y: Tensor) -> str:
        n = math.prod(self.input.shape)
        of_several = {"mean": f" The loss is the mean of {n}.", "sum": f" The loss is the sum of {n}."}
        return self.forward_words + (of_several.get(self.reduction, "") if n > 1 else "")

    def forward_math_here(self, y: Tensor) -> str:
        several = "Σ " if self.reduction != "none" and math.prod(self.input.shape) > 1 else ""
        mean = f"(1/{self.divisor}) · " if self.divisor > 1 else ""
        return self._without_weight(self.forward_math.replace("(1/n) · Σ ", mean + several))

    def backward_math_here(self, y: Tensor) -> str:
        return self._without_weight(
            self.backward_math.replace(" / n", f" / {self.divisor}" if self.divisor > 1 else "")
        )

    def _without_weight(self, math: str) -> str:
        return math if self.arguments.get("weight") is not None else math.replace("w · ", "")

    def check(self) -> str | None:
        if any(self.arguments.get(name) is not None for name in ("size_average", "reduce")):
            return REDUCTION_ONLY
        return None if self.input.shape == self.target.shape else "prediction and target must have the same shape"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if self.reduction == "none" or math.prod(self.input.shape) == 1:
            return {}
        return {"losses": Helper(self.input.shape, "the loss of each element", lambda: self.losses(y))}

    def forward(self, y: Tensor) -> OperandLike:
        if "losses" in y.helpers:
            return self.reduced(of_ranges("SUM", y.helpers["losses"].whole.ranges))
        losses = self.losses(y)
        if losses.shape == y.shape:
            return losses
        elements = losses.reshape(-1)
        return self.reduced(total(elements[k] for k in range(elements.shape[0])))

    def reduced(self, sum_of_losses: Expression) -> Expression:
        """The mean, or the sum as it is."""
        return sum_of_losses if self.divisor == 1 else sum_of_losses / self.divisor

    def backward(self, y: Tensor) -> Gradients:
        for tensor, slope in self.slopes(y):
            gained = y.grad * slope
            yield tensor, gained if self.divisor == 1 else gained / self.divisor
