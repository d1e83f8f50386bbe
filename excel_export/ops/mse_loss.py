"""mse_loss: the mean squared error."""

import math

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import WRITTEN_OUT
from excel_export.ops._elementwise_loss import DistanceLoss
from excel_export.ops._numbers import IMAGE, PAIRS, ROW, randn


@operator(F.mse_loss)
class mse_loss(DistanceLoss):
    """The mean (or sum) of the squared differences between prediction and target."""

    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    weight: Tensor | None = None

    called = "squared error of {input}"
    forward_words = "How far the prediction is from the target, squared."
    backward_words = (
        "The slope of a square is twice the distance: the further the prediction is off, the steeper. "
        "A step against the gradient moves it towards the target."
    )
    forward_math = "y = (1/n) · Σ (x − t)²"
    backward_math = "∂L/∂x = g · 2 (x − t) / n,  ∂L/∂t = −∂L/∂x"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        # SUMXMY2 would need no losses beside it, but not every engine lets its ranges lie on two sheets.
        return {} if math.prod(self.input.shape) <= WRITTEN_OUT else super().helpers(y)

    def losses(self, y: Tensor) -> Expression:
        # LibreOffice takes a power that is too small for a double, such as 1E-200^2, as an error.
        return (self.input - self.target) * (self.input - self.target)

    def slope(self, one: Tensor, other: Tensor) -> OperandLike:
        return 2 * (one - other)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", F.mse_loss, ROW, ROW + 0.5)
        yield Example("random", F.mse_loss, randn(3, 4), randn(3, 4) + 1)
        yield Example("of few", F.mse_loss, randn(2), randn(2) + 1)
        yield Example("sum", nn.MSELoss(reduction="sum"), randn(3, 4), randn(3, 4) + 1)
        yield Example("none", nn.MSELoss(reduction="none"), randn(3, 4), randn(3, 4) + 1)
        yield Example("of images", F.mse_loss, IMAGE, IMAGE.flip(0))
        yield Extreme("", nn.MSELoss(reduction="none"), *PAIRS, by_element=True)
