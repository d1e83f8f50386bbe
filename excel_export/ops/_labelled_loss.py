"""Losses whose target names a class: what cross_entropy and nll_loss have in common."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from excel_export.formulas.formula import WRITTEN_OUT, along, call, number, pick, plus, table, whole
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.operator import Expressions, Operator, Workspace

NO_LABEL = -100
"""PyTorch's default for a label that does not count."""
MOST_CLASSES_APART = 254


class LabelledLoss(Operator):
    """A loss of each sample, then their mean or sum over the samples. Inputs are (C), (N, C) or (N, C, …)."""

    def losses(self, y: Any, input: Any, target: Any, *args: Any, **kwargs: Any) -> Expressions:
        """The loss of each sample; its parameters are the operator's."""
        raise NotImplementedError

    @property
    def signature(self) -> inspect.Signature:
        """The operator's PyTorch signature, read off `losses`, without the result."""
        signature = inspect.signature(self.losses)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def check(self, **arguments: Any) -> str | None:
        input, target = arguments["input"], arguments["target"]
        if arguments["size_average"] is not None or arguments["reduce"] is not None:
            return "size_average and reduce are not supported: use reduction"
        if len(input.shape) > 2 and input.shape[1] > MOST_CLASSES_APART:
            return f"more than {MOST_CLASSES_APART} classes of (N, C, …) are not supported"
        if not target.is_float and (target.data == NO_LABEL).any():
            return f"labels of {NO_LABEL} are not supported: mark what does not count by another ignore_index"
        return None

    def workspace(self, y: Any, input: Any, target: Any, **settings: Any) -> dict[str, Workspace]:
        work, samples = {}, samples_of(input.shape)
        if not target.is_float and (settings["weight"] is not None or settings["ignore_index"] != NO_LABEL):
            work["weight"] = Workspace(samples, "the label's weight, 0 where it does not count")
        if settings["reduction"] != "none" and math.prod(samples) > WRITTEN_OUT:
            work["losses"] = Workspace(samples, "the loss of each sample")
        return work

    def fill(self, y: Any, input: Any, target: Any, **settings: Any) -> dict[str, Expressions]:
        cells, weight, ignored = {}, settings["weight"], settings["ignore_index"]
        if "weight" in y.work:

            def weigh(*n: int) -> str:
                label = target.refs[n]
                known = "1" if weight is None else pick(whole(weight.value), f"{label}+1")
                return known if ignored == NO_LABEL else f"IF({label}={number(ignored)},0,{known})"

            cells["weight"] = table(y.work["weight"].shape, weigh)
        if "losses" in y.work:
            cells["losses"] = self.losses(y, input, target, **settings)
        return cells

    def forward(self, y: Any, input: Any, target: Any, **settings: Any) -> Expressions:
        reduction = settings["reduction"]
        if "losses" in y.work:
            total = call("SUM", whole(y.work["losses"]))
        else:
            losses = self.losses(y, input, target, **settings)
            if reduction == "none":
                return losses
            total = plus(losses.ravel())
            if losses.size > 1 and reduction == "mean":
                total = f"({total})"
        if reduction == "mean" and "weight" in y.work and total.startswith(("-", "IF")):
            total = f"({total})"
        return np.array(total + self.divisor(y, input, reduction), dtype=object)

    def divisor(self, y: Any, input: Any, reduction: str) -> str:
        """What a mean divides by, as '/…'; nothing for other reductions."""
        samples = math.prod(samples_of(input.shape))
        if reduction != "mean" or (samples == 1 and "weight" not in y.work):
            return ""
        return "/" + (call("SUM", whole(y.work["weight"])) if "weight" in y.work else str(samples))


def class_axis(shape: Sequence[int]) -> int:
    """The dimension that the classes lie along."""
    return 0 if len(shape) == 1 else 1


def samples_of(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape without the classes."""
    axis = class_axis(shape)
    return (*shape[:axis], *shape[axis + 1 :])


def classes(grid: Grid, sample: Sequence[int]) -> Region:
    """All classes of one sample."""
    axis = class_axis(grid.shape)
    return along(grid, (axis,), (*sample[:axis], 0, *sample[axis:]))


def class_numbers(shape: Sequence[int]) -> np.ndarray:
    """0, 1, 2, … along the classes, ready to broadcast."""
    axis = class_axis(shape)
    return np.arange(shape[axis]).reshape((-1,) + (1,) * (len(shape) - 1 - axis))


def for_each_class(shape: Sequence[int], cells: Expressions) -> Expressions:
    """One element a sample, or one for all, ready to broadcast over the classes."""
    return cells if cells.ndim == 0 else np.expand_dims(cells, class_axis(shape))
