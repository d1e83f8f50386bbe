"""smooth_l1_loss: squared for small errors, absolute for large ones."""

import torch.nn.functional as F

from excel_export.formulas import ABS, IF, MAX, MIN, SIGN, Expression, Gradients, Operand, Tensor, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.smooth_l1_loss)
class smooth_l1_loss(ElementwiseLoss):
    """The mean (or sum) of a loss that is a parabola of width `beta` at the bottom and straight outside."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    beta: float = 1.0

    forward_math = "y = (1/n) · Σ (d²/2β if |d| < β, else |d| − β/2),  d = x − t"
    backward_math = "∂L/∂x = g/n · d/β if |d| < β, else g/n · sign d,  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Tensor) -> Expression:
        d, beta = self.input - self.target, self.beta
        return ABS(d) if beta == 0 else IF(ABS(d) < beta, d * d / (2 * beta), ABS(d) - beta / 2)

    def slopes(self, y: Tensor) -> Gradients:
        def slope(one: Operand, two: Operand) -> Expression:
            return SIGN(one - two) if self.beta == 0 else MAX(-1, MIN(1, (one - two) / self.beta))

        yield self.input, slope(self.input, self.target)
        yield self.target, slope(self.target, self.input)
