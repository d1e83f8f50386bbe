"""l1_loss: the mean absolute error."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.l1_loss)
class l1_loss(ElementwiseLoss):
    """The mean (or sum) of the absolute differences between prediction and target."""

    forward_math = "y = (1/n) · Σ |x − t|"
    backward_math = "∂L/∂x = g · sign(x − t)/n, 0 where x = t,  ∂L/∂t = −∂L/∂x"

    def check(self, **arguments: Any) -> str | None:
        return "weight is not supported" if arguments.get("weight") is not None else super().check(**arguments)

    def losses(self, y: Any, input: Any, target: Any, size_average: Any = None, reduce: Any = None,
               reduction: str = "mean", weight: Any = None) -> Expressions:  # fmt: skip
        return each("ABS({}-{})", input, target)

    def slopes(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("SIGN({}-{})", input, target)
        yield target, each("SIGN({}-{})", target, input)
