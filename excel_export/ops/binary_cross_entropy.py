"""binary_cross_entropy: how surprised a probability is by a yes or no."""

import numpy as np
import torch.nn.functional as F

from excel_export.formulas import IF, LN, MAX, Expression, Gradients, Tensor, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss

# PyTorch never lets a logarithm fall below −100, nor p · (1 − p) below 1e-12, rounded to a float32.
_LOWEST_LOG = -100
_SMALLEST = float(np.float32(1e-12))
# MAX guards LN: an engine may hold 1E-22 > 0 to be false.
_ABOVE_ZERO = 1e-50


@operator(F.binary_cross_entropy)
class binary_cross_entropy(ElementwiseLoss):
    """The mean (or sum) of −t ln p − (1 − t) ln(1 − p). A logarithm below −100 counts as −100, as in PyTorch."""

    weight: Tensor | None = None
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"

    forward_math = "y = −(1/n) · Σ w · (t ln p + (1 − t) ln(1 − p))"
    backward_math = "∂L/∂p = g · w · (p − t) / (p (1 − p)) / n,  ∂L/∂t = g · w · (ln(1 − p) − ln p) / n"

    @property
    def weighs(self) -> bool:
        return True

    @property
    def log(self) -> Expression:
        """The logarithm of p."""
        return MAX(_LOWEST_LOG, LN(MAX(self.input, _ABOVE_ZERO)))

    @property
    def log_of_rest(self) -> Expression:
        """The logarithm of 1 − p; a tiny p would lose its digits in 1 − p."""
        p = self.input
        return IF(p < 0.00001, -p - p * p / 2, MAX(_LOWEST_LOG, LN(MAX(1 - p, _ABOVE_ZERO))))

    def losses(self, y: Tensor) -> Expression:
        t = self.target
        return self._weighted(-(t * self.log + (1 - t) * self.log_of_rest))

    def slopes(self, y: Tensor) -> Gradients:
        p = self.input
        yield p, self._weighted((p - self.target) / MAX(_SMALLEST, p * (1 - p)))
        yield self.target, self._weighted(self.log_of_rest - self.log)

    def _weighted(self, each: Expression) -> Expression:
        return each if self.weight is None else self.weight * each
