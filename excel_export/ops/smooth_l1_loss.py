"""smooth_l1_loss: squared for small errors, absolute for large ones."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import ABS, IF, MAX, MIN, SIGN
from excel_export.formulas.words import figure
from excel_export.ops._elementwise_loss import DistanceLoss
from excel_export.ops._numbers import BORDERS, PAIRS, ROW, randn


@operator(F.smooth_l1_loss)
class smooth_l1_loss(DistanceLoss):
    """The mean (or sum) of a loss that is a parabola of width `beta` at the bottom and straight outside."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    beta: float = 1.0

    called = "smooth L1 loss of {input}"
    forward_words = (
        "How far the prediction is from the target: a parabola where it is near, a straight line where it is far."
    )
    backward_words = "Near the target the gradient grows with the distance; further off than β its size stays the same."
    forward_math = "y = (1/n) · Σ (d²/2β if |d| < β, else |d| − β/2),  d = x − t"
    backward_math = "∂L/∂x = g · (d/β if |d| < β, else sign d) / n,  ∂L/∂t = −∂L/∂x"

    def forward_math_here(self, y: Tensor) -> str:
        return f"{super().forward_math_here(y)},  β = {figure(self.beta)}"

    def losses(self, y: Tensor) -> Expression:
        d, beta = self.input - self.target, self.beta
        return ABS(d) if beta == 0 else IF(ABS(d) < beta, d * d / (2 * beta), ABS(d) - beta / 2)

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return SIGN(one - other) if self.beta == 0 else MAX(-1, MIN(1, (one - other) / self.beta))

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", F.smooth_l1_loss, ROW, ROW + 0.5)
        yield Example("both sides", nn.SmoothL1Loss(), torch.tensor([1.0, 2, 3, 0.5]), torch.tensor([1.0, 4, 2, 0]))
        yield Example("beta", nn.SmoothL1Loss(reduction="sum", beta=0.3), randn(3, 4), randn(3, 4) + 0.5)
        yield Example("beta 0", lambda x, y: F.smooth_l1_loss(x, y, beta=0), BORDERS, torch.zeros(1, 4))
        yield Extreme("", nn.SmoothL1Loss(reduction="none", beta=0.3), *PAIRS, by_element=True)
