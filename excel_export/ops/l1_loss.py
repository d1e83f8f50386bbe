"""l1_loss: the mean absolute error."""

import torch.nn.functional as F

from excel_export.formulas import ABS, SIGN, Expression, Gradients, Tensor, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.l1_loss)
class l1_loss(ElementwiseLoss):
    """The mean (or sum) of the absolute differences between prediction and target."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    weight: Tensor | None = None

    forward_math = "y = (1/n) · Σ |x − t|"
    backward_math = "∂L/∂x = g · sign(x − t)/n, 0 where x = t,  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Tensor) -> Expression:
        return ABS(self.input - self.target)

    def slopes(self, y: Tensor) -> Gradients:
        yield self.input, SIGN(self.input - self.target)
        yield self.target, SIGN(self.target - self.input)
