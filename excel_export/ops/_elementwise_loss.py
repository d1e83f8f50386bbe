"""Losses that compare prediction and target element by element, then take the mean, the sum, or neither."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from excel_export.formulas.formula import call, each, whole
from excel_export.formulas.operator import Expressions, Operator, Workspace


class ElementwiseLoss(Operator):
    """A loss of pairs of elements; subclasses say what one pair costs, and its slopes."""

    def losses(self, y: Any, input: Any, target: Any, *args: Any, **kwargs: Any) -> Expressions:
        """The loss of each element; its parameters are the operator's."""
        raise NotImplementedError

    def slopes(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        """Yield (tensor, the derivative of each element's loss by it), derivatives fit to be factors."""
        raise NotImplementedError

    def check(self, **arguments: Any) -> str | None:
        if arguments["size_average"] is not None or arguments["reduce"] is not None:
            return "size_average and reduce are not supported: use reduction"
        if arguments["input"].shape != arguments["target"].shape:
            return "prediction and target must have the same shape"
        return None

    @property
    def signature(self) -> inspect.Signature:
        """The operator's PyTorch signature, read off `losses`, without the result."""
        signature = inspect.signature(self.losses)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def workspace(self, y: Any, input: Any, **settings: Any) -> dict[str, Workspace]:
        if settings["reduction"] == "none" or math.prod(input.shape) == 1:
            return {}
        return {"losses": Workspace(input.shape, "the loss of each element")}

    def fill(self, y: Any, **arguments: Any) -> dict[str, Expressions]:
        return {"losses": self.losses(y, **arguments)} if "losses" in y.work else {}

    def forward(self, y: Any, **arguments: Any) -> Expressions:
        if "losses" not in y.work:
            return self.losses(y, **arguments).reshape(y.shape)
        total = call("SUM", whole(y.work["losses"]))
        n = math.prod(y.work["losses"].shape)
        return np.array(f"{total}/{n}" if arguments["reduction"] == "mean" else total, dtype=object)

    def backward(self, y: Any, **arguments: Any) -> Iterator[tuple[Any, Expressions]]:
        n = math.prod(arguments["input"].shape) if arguments["reduction"] == "mean" else 1
        for tensor, slope in self.slopes(y, **arguments):
            yield tensor, each("{}*{}" if n == 1 else "{}*{}/" + str(n), y.grad, slope)
