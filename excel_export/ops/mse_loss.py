"""mse_loss: the mean squared error."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formulas.formula import WRITTEN_OUT, each, plus
from excel_export.formulas.operator import Expressions, Workspace, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.mse_loss)
class mse_loss(ElementwiseLoss):
    """The mean (or sum) of the squared differences between prediction and target."""

    forward_words = "How far the answer is from the target, squared."
    backward_words = "The gradient grows with the distance: twice the difference between answer and target."
    forward_math = "y = (1/n) · Σ (x − t)²"
    backward_math = "∂L/∂x = g · 2(x − t)/n,  ∂L/∂t = −∂L/∂x"

    def check(self, **arguments: Any) -> str | None:
        return "weight is not supported" if arguments["weight"] is not None else super().check(**arguments)

    def workspace(self, y: Any, input: Any, **settings: Any) -> dict[str, Workspace]:
        # SUMXMY2 would need no losses beside it, but not every engine lets its ranges lie on two sheets.
        few = math.prod(input.shape) <= WRITTEN_OUT
        return {} if few else super().workspace(y, input, **settings)

    def losses(self, y: Any, input: Any, target: Any, size_average: Any = None, reduce: Any = None,
               reduction: str = "mean", weight: Any = None) -> Expressions:  # fmt: skip
        # LibreOffice takes a power that is too small for a double, such as 1E-200^2, as an error.
        return each("({0}-{1})*({0}-{1})", input, target)

    def forward(self, y: Any, **arguments: Any) -> Expressions:
        losses = self.losses(y, arguments["input"], arguments["target"])
        if "losses" in y.work or arguments["reduction"] == "none" or losses.size == 1:
            return super().forward(y, **arguments)
        total = plus(losses.ravel())
        return np.array(f"({total})/{losses.size}" if arguments["reduction"] == "mean" else total, dtype=object)

    def slopes(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("2*({}-{})", input, target)
        yield target, each("2*({}-{})", target, input)
