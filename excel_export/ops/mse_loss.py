"""mse_loss: the mean squared error."""

import math

import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, Tensor, operator
from excel_export.formulas.idioms import WRITTEN_OUT
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.mse_loss)
class mse_loss(ElementwiseLoss):
    """The mean (or sum) of the squared differences between prediction and target."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    weight: Tensor | None = None

    forward_words = "How far the answer is from the target, squared."
    backward_words = "The gradient grows with the distance: twice the difference between answer and target."
    forward_math = "y = (1/n) · Σ (x − t)²"
    backward_math = "∂L/∂x = g · 2(x − t)/n,  ∂L/∂t = −∂L/∂x"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        # SUMXMY2 would need no losses beside it, but not every engine lets its ranges lie on two sheets.
        return {} if math.prod(self.input.shape) <= WRITTEN_OUT else super().helpers(y)

    def losses(self, y: Tensor) -> Expression:
        # LibreOffice takes a power that is too small for a double, such as 1E-200^2, as an error.
        return (self.input - self.target) * (self.input - self.target)

    def slopes(self, y: Tensor) -> Gradients:
        yield self.input, 2 * (self.input - self.target)
        yield self.target, 2 * (self.target - self.input)
