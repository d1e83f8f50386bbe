"""binary_cross_entropy: how surprised a probability is by a yes or no."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF, LN, MAX
from excel_export.ops._elementwise_loss import WeightedLoss
from excel_export.ops._numbers import CHANCES, CLASS_WEIGHT, FAR, FAR_TARGETS, SURE, TARGETS

# PyTorch never lets a logarithm fall below −100, nor p · (1 − p) below 1e-12, rounded to a float32.
_LOWEST_LOG = -100
_SMALLEST = float(np.float32(1e-12))
# MAX guards LN: an engine may hold 1E-22 > 0 to be false.
_ABOVE_ZERO = 1e-50

_PROBABILITIES = torch.tensor([[0.0, 1.0, 0.5], [0.25, 1e-3, 0.999]], dtype=torch.float64)
_NEAR_0_AND_1 = torch.tensor([0.0, 1e-320, 1e-300, 1e-160, 1e-17, 1e-8, 0.5, 1 - 1e-5, 1.0], dtype=torch.float64)
_SHARES, _TARGETS = torch.cartesian_prod(_NEAR_0_AND_1, SURE).T


@operator(F.binary_cross_entropy)
class binary_cross_entropy(WeightedLoss):
    """The mean (or sum) of −t ln p − (1 − t) ln(1 − p). A logarithm below −100 counts as −100, as in PyTorch."""

    called = "cross-entropy of {input}"
    forward_words = "How surprised the prediction is by the truth: minus the logarithm of the probability that it gave to what is true."
    backward_words = (
        "The slope has the sign of p − t, and is steep where a sure prediction is wrong. "
        "A step against the gradient moves p towards t."
    )
    forward_math = "y = −(1/n) · Σ w · (t ln p + (1 − t) ln(1 − p))"
    backward_math = "∂L/∂p = g · w · (p − t) / (p (1 − p)) / n,  ∂L/∂t = g · w · (ln(1 − p) − ln p) / n"

    def losses(self, y: Tensor) -> Expression:
        t, p = self.target, self.input
        log = MAX(_LOWEST_LOG, LN(MAX(p, _ABOVE_ZERO)))
        log_of_rest = _log_of_rest(p, MAX(_LOWEST_LOG, LN(MAX(1 - p, _ABOVE_ZERO))))
        return self.weighted(-(t * log + (1 - t) * log_of_rest))

    def slopes(self, y: Tensor) -> Gradients:
        p = self.input
        yield p, self.weighted((p - self.target) / MAX(_SMALLEST, p * (1 - p)))
        # PyTorch does not bound the logarithms here: where p is 0 or 1 there is no number.
        yield self.target, self.weighted(_log_of_rest(p, LN(1 - p)) - LN(p))

    @classmethod
    def cases(cls) -> Cases:
        inside, weighing = _PROBABILITIES * 0.9 + 0.05, nn.BCELoss(CLASS_WEIGHT[:3].expand(2, 3), reduction="none")
        yield Example("", F.binary_cross_entropy, CHANCES, CHANCES)
        yield Example("random", nn.BCELoss(), inside, TARGETS)
        yield Example("certain", lambda x: F.binary_cross_entropy(x.sigmoid(), FAR_TARGETS, reduction="sum"), FAR)
        yield Example("impossible", lambda x: F.binary_cross_entropy(x, TARGETS), _PROBABILITIES)
        yield Example("weight", weighing, inside, TARGETS)
        yield Extreme("", lambda x: F.binary_cross_entropy(x, _TARGETS, reduction="none"), _SHARES)


def _log_of_rest(p: Tensor, log: Expression) -> Expression:
    """The logarithm of 1 − p, or of a tiny p, which would lose its digits in 1 − p."""
    return IF(p < 0.00001, -p - p * p / 2, log)
