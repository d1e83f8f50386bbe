"""huber_loss: squared for small errors, growing like a straight line for large ones."""

import torch.nn.functional as F

from excel_export.formulas import ABS, IF, MAX, MIN, Expression, Gradients, Tensor, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.huber_loss)
class huber_loss(ElementwiseLoss):
    """The mean (or sum) of a loss that is d²/2 up to `delta` and a straight line of slope `delta` beyond."""

    reduction: str = "mean"
    delta: float = 1.0
    weight: Tensor | None = None
    size_average: bool | None = None
    reduce: bool | None = None

    forward_math = "y = (1/n) · Σ (d²/2 if |d| ≤ δ, else δ · (|d| − δ/2)),  d = x − t"
    backward_math = "∂L/∂x = g/n · d, cut off at ±δ,  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Tensor) -> Expression:
        d, delta = self.input - self.target, self.delta
        return IF(ABS(d) <= delta, d * d / 2, delta * (ABS(d) - delta / 2))

    def slopes(self, y: Tensor) -> Gradients:
        yield self.input, MAX(-self.delta, MIN(self.delta, self.input - self.target))
        yield self.target, MAX(-self.delta, MIN(self.delta, self.target - self.input))
