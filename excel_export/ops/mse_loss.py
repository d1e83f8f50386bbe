"""mse_loss: the mean squared error."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formula import each, plus
from excel_export.operator import Expressions, Operator, operator


@operator(F.mse_loss)
class mse_loss(Operator):
    """The mean of the squared differences between prediction and target."""

    forward_math = "y = (1/n) · Σ (x − t)²"
    backward_math = "∂L/∂x = g · 2(x − t)/n,  ∂L/∂t = −∂L/∂x"

    def check(self, **arguments: Any) -> str | None:
        if arguments["reduction"] != "mean" or arguments["weight"] is not None:
            return "only reduction='mean' without weights is supported"
        if arguments["input"].shape != arguments["target"].shape:
            return "prediction and target must have the same shape"
        return None

    def forward(self, y: Any, input: Any, target: Any, size_average: Any = None, reduce: Any = None,
                reduction: str = "mean", weight: Any = None) -> Expressions:  # fmt: skip
        squares = each("({}-{})^2", input, target).ravel()
        n = len(squares)
        return np.array(squares[0] if n == 1 else f"({plus(squares)})/{n}", dtype=object)

    def backward(self, y: Any, input: Any, target: Any, *_: Any, **__: Any) -> Iterator[tuple[Any, Expressions]]:
        n = math.prod(input.shape)
        slope = "{}*2*({}-{})" if n == 1 else "{}*2*({}-{})/" + str(n)
        yield input, each(slope, y.grad, input, target)
        yield target, each("-" + slope, y.grad, input, target)
