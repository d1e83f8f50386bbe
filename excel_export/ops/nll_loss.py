"""nll_loss: minus the log-probability that the label's class was given; and what cross_entropy shares with it."""

import math
from collections.abc import Sequence

import numpy as np
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, equal, operator
from excel_export.formulas.arrays import of_ranges, table
from excel_export.formulas.functions import AND, IF, LN
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.idioms import WRITTEN_OUT, along, pick
from excel_export.formulas.operator import Phrases
from excel_export.ops.distance_losses import REDUCTION_ONLY, added_up

NO_LABEL = -100
"""PyTorch's default for a label that does not count."""
MOST_CLASSES_APART = 254


class LabelledLoss(Operator):
    """A loss of each sample, then their mean or sum, by `reduction`. Inputs are (C), (N, C) or (N, C, …), C classes."""

    input: Tensor
    target: Tensor
    weight: Tensor | None = None
    size_average: bool | None = None
    ignore_index: int = NO_LABEL
    reduce: bool | None = None
    reduction: str = "mean"

    def losses(self, y: Tensor) -> Expression:
        """Return the loss of each sample, in the shape `samples`: -INDEX(B5:D5,1,F5+1) for nll_loss and a label in F5.

        `y` is the result: the formulas may read its helpers, such as 'weight'.
        """
        raise NotImplementedError

    @property
    def class_axis(self) -> int:
        """The dimension that the classes lie along: 0 for (C), else 1."""
        return 0 if len(self.input.shape) == 1 else 1

    @property
    def samples(self) -> tuple[int, ...]:
        """The shape without the classes: (8,) for (8, 10), () for (10)."""
        return (*self.input.shape[: self.class_axis], *self.input.shape[self.class_axis + 1 :])

    @property
    def class_numbers(self) -> np.ndarray:
        """The integers 0, 1, 2, … in a shape that broadcasts to the input: (3, 1, 1) for (N, 3, H, W)."""
        return np.arange(self.input.shape[self.class_axis]).reshape(self._over_classes)

    @property
    def _over_classes(self) -> tuple[int, ...]:
        return (-1,) + (1,) * (len(self.input.shape) - 1 - self.class_axis)

    def classes(self, grid: Grid, sample: Sequence[int]) -> Region:
        """Return the cells of all classes of one sample, B5:D5 for (0,), in a grid of the input's shape."""
        axis = self.class_axis
        return along(grid, (axis,), (*sample[:axis], 0, *sample[axis:]))

    def by_class(self, vector: Tensor) -> Expression:
        """Return a tensor (C,) in a shape that broadcasts to the input: (C, 1, 1) for (N, C, H, W)."""
        return vector.cells.reshape(*self._over_classes)

    def for_each_class(self, cells: Expression) -> Expression:
        """Return formulas of the shape `samples`, (8,), in one that broadcasts to the input, (8, 1); () stays."""
        if not cells.shape:
            return cells
        return cells.reshape(*cells.shape[: self.class_axis], 1, *cells.shape[self.class_axis :])

    @property
    def ignored(self) -> int | None:
        """The label that does not count, `ignore_index`; None for none, or for PyTorch's −100 if no label is −100."""
        if self.target.is_float or (self.ignore_index == NO_LABEL and not (self.target.data == NO_LABEL).any()):
            return None
        return self.ignore_index

    @property
    def is_weighed(self) -> bool:
        """True if samples count by their label: the classes have weights, or one label does not count."""
        return not self.target.is_float and (self.weight is not None or self.ignored is not None)

    @property
    def of_samples(self) -> str:
        """' The loss is the mean over 8 samples.', with the space; '' for a single sample, or without reduction."""
        samples = math.prod(self.samples)
        what = {"mean": "mean", "sum": "sum"}.get(self.reduction, "")
        weighted = "weighted " if what == "mean" and self.is_weighed else ""
        return f" The loss is the {weighted}{what} over {samples} samples." if what and samples > 1 else ""

    @property
    def per_sample(self) -> str:
        """The divisor of a sample's gradient in a formula: ' / 8' for a mean, ' / Σ w_label' with weights, else ''."""
        samples = math.prod(self.samples)
        if self.reduction != "mean":
            return ""
        if self.is_weighed:
            return " / Σ w_label"
        return f" / {samples}" if samples > 1 else ""

    def check(self) -> str | None:
        if self.size_average is not None or self.reduce is not None:
            return REDUCTION_ONLY
        if len(self.input.shape) > 2 and self.input.shape[1] > MOST_CLASSES_APART:
            return f"more than {MOST_CLASSES_APART} classes of (N, C, …) are not supported"
        return None

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        if tensor is not self.target or tensor.is_float:
            return None
        ignored = () if self.ignored is None else (self.ignored,)
        known = (0, self.input.shape[self.class_axis] - 1, *ignored)
        return min(known), max(known)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        wanted = {}
        if self.is_weighed:
            wanted["weight"] = Helper(
                self.samples, "the label's weight, 0 where it does not count", lambda: table(self.samples, self._weigh)
            )
        if "weight" in wanted and self.reduction == "mean":
            wanted["weights"] = Helper((), "Σ w_label", lambda: of_ranges("SUM", y.helpers["weight"].whole.ranges))
        if self.reduction != "none" and math.prod(self.samples) > WRITTEN_OUT:
            wanted["losses"] = Helper(self.samples, "the loss of each sample", lambda: self.losses(y))
        return wanted

    def _weigh(self, *sample: int) -> OperandLike:
        label = self.target.element(*sample)
        known = 1 if self.weight is None else pick(self.weight.value.whole, label + 1)
        if self.ignored is None:
            return known
        classes = self.input.shape[self.class_axis]
        if not -1 <= self.ignored <= classes:
            # Between it and the classes lie labels that are none: an error, and not a loss.
            known = IF(AND(label >= 0, label < classes), known, LN(-1))
        return IF(equal(label, self.ignored), 0, known)

    def forward(self, y: Tensor) -> OperandLike:
        return self._reduced(self.losses(y), y)

    def readable_losses(self, y: Tensor) -> Expression:
        """Return `losses(y)`, or if those formulas are long, shorter ones for people, such as -LN(…)."""
        return self.losses(y)

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        (y,) = results
        return (self._reduced(self.readable_losses(y), y),)

    def _reduced(self, losses: Expression, y: Tensor) -> OperandLike:
        return losses if self.reduction == "none" else self.divided(added_up(losses, y), y)

    def divided(self, formulas: Expression, y: Tensor) -> Expression:
        """Return formulas divided for a mean, SUM(B5:B12)/8 for 8 samples; for other reductions as they are.

        If samples are weighed, the divisor is the helper 'weights' of the result `y`, Σ w_label.
        """
        samples = math.prod(self.samples)
        if self.reduction != "mean" or (samples == 1 and "weight" not in y.helpers):
            return formulas
        if "weight" in y.helpers:
            return formulas / y.helpers["weights"]
        return formulas / samples


@operator(F.nll_loss)
class nll_loss(LabelledLoss):
    """The (weighted) mean or sum of −x_label, of log-probabilities (C), (N, C), …: 0.7 of [−0.4, −0.7] and label 1."""

    called = "log loss of {input}"
    forward_words = "Minus the log-probability that the label's class was given.{of_samples}"
    forward_math = "y = {reduction} of −x_label"
    backward_words = (
        "Only the label's own log-probability counts: when it grows, the loss falls by just that. The others get 0."
    )
    backward_math = "∂L/∂xₖ = −g{per_sample} if k = label, else 0"
    phrases = (
        Phrases(
            lambda self, y: self.is_weighed and self.reduction == "mean",
            forward_math="y = −Σ w_label · x_label / Σ w_label",
        ),
        Phrases(
            lambda self, y: self.is_weighed,
            forward_math="y = −w_label · x_label",
            backward_math="∂L/∂xₖ = −g · w_label{per_sample} if k = label, else 0",
        ),
        Phrases(lambda self, y: math.prod(self.samples) == 1 or self.reduction == "none", forward_math="y = −x_label"),
    )

    def losses(self, y: Tensor) -> Expression:
        def loss(*n: int) -> Expression:
            label = self.target.element(*n)
            minus = -pick(self.classes(self.input.value, n), label + 1)
            if "weight" in y.helpers:
                minus = minus * y.helpers["weight"].at(*n)
            return minus if self.ignored is None else IF(equal(label, self.ignored), 0, minus)

        return table(self.samples, loss)

    def backward(self, y: Tensor) -> Gradients:
        gain = -self.for_each_class(y.grad.cells)
        if "weight" in y.helpers:
            gain = gain * self.for_each_class(y.helpers["weight"].cells)
        holds = equal(self.for_each_class(self.target.cells), self.class_numbers)
        yield self.input, IF(holds, self.divided(gain, y), 0)
