"""l1_loss: the mean absolute error."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import ABS, SIGN
from excel_export.ops._elementwise_loss import DistanceLoss
from excel_export.ops._numbers import PAIRS, ROW, randn


@operator(F.l1_loss)
class l1_loss(DistanceLoss):
    """The mean (or sum) of the absolute differences between prediction and target."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    weight: Tensor | None = None

    called = "absolute error of {input}"
    forward_words = "How far the prediction is from the target, without sign."
    backward_words = (
        "The slope is 1 above the target and −1 below it, however far: only the side counts. On the target it is 0."
    )
    forward_math = "y = (1/n) · Σ |x − t|"
    backward_math = "∂L/∂x = g · sign(x − t) / n, 0 where x = t,  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Tensor) -> Expression:
        return ABS(self.input - self.target)

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return SIGN(one - other)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", F.l1_loss, ROW, ROW + 0.5)
        yield Example("at zero", nn.L1Loss(), torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 4, 0]))
        yield Example("sum", nn.L1Loss(reduction="sum"), randn(3, 4), randn(3, 4) + 1)
        yield Example("none", nn.L1Loss(reduction="none"), randn(3, 4), randn(3, 4) + 1)
        yield Extreme("", nn.L1Loss(reduction="none"), *PAIRS, by_element=True)
