"""huber_loss: squared for small errors, growing like a straight line for large ones."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import ABS, IF, MAX, MIN
from excel_export.formulas.words import figure
from excel_export.ops._elementwise_loss import DistanceLoss
from excel_export.ops._numbers import PAIRS, ROW, randn


@operator(F.huber_loss)
class huber_loss(DistanceLoss):
    """The mean (or sum) of a loss that is d²/2 up to `delta` and a straight line of slope `delta` beyond."""

    reduction: str = "mean"
    delta: float = 1.0
    weight: Tensor | None = None

    called = "Huber loss of {input}"
    forward_words = "How far the prediction is from the target: squared (and halved) where it is near, in a straight line where it is far."
    backward_words = "Near the target the gradient grows with the distance; further off than δ its size stays the same."
    forward_math = "y = (1/n) · Σ (d²/2 if |d| ≤ δ, else δ · (|d| − δ/2)),  d = x − t"
    backward_math = "∂L/∂x = g · d / n, with d cut off at ±δ,  ∂L/∂t = −∂L/∂x"

    def forward_math_here(self, y: Tensor) -> str:
        return f"{super().forward_math_here(y)},  δ = {figure(self.delta)}"

    def losses(self, y: Tensor) -> Expression:
        d, delta = self.input - self.target, self.delta
        return IF(ABS(d) <= delta, d * d / 2, delta * (ABS(d) - delta / 2))

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return MAX(-self.delta, MIN(self.delta, one - other))

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", F.huber_loss, ROW, ROW + 0.5)
        yield Example("random", nn.HuberLoss(delta=0.7), randn(3, 4), randn(3, 4) + 1)
        yield Example("at delta", nn.HuberLoss(reduction="none"), torch.tensor([1.0, -1, 2]), torch.zeros(3))
        yield Extreme("", nn.HuberLoss(reduction="none", delta=0.7), *PAIRS, by_element=True)
