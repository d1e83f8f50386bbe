"""binary_cross_entropy: how surprised a probability is by a yes or no; and the same of logits, by a sigmoid."""

import numpy as np
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, Tensor, log1p, operator
from excel_export.formulas.functions import ABS, EXP, IF, LN, MAX
from excel_export.formulas.operator import Phrases
from excel_export.ops.distance_losses import ElementwiseLoss

# PyTorch never lets a logarithm fall below −100, nor p · (1 − p) below 1e-12, rounded to a float32.
_LOWEST_LOG = -100
_SMALLEST = float(np.float32(1e-12))
# MAX guards LN: an engine may hold 1E-22 > 0 to be false.
_ABOVE_ZERO = 1e-50


class _WeightedLoss(ElementwiseLoss):
    """A loss whose elements may have weights."""

    weight: Tensor | None = None
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"

    def weighted(self, each: Expression) -> Expression:
        """One formula an element, times the element's weight if it has one."""
        return each if self.weight is None else self.weight * each


@operator(F.binary_cross_entropy)
class binary_cross_entropy(_WeightedLoss):
    """The mean (or sum) of −t ln p − (1 − t) ln(1 − p), p the input, t the target. No logarithm is below −100."""

    called = "cross-entropy of {input}"
    forward_words = "How surprised the prediction is by the truth: minus the logarithm of the probability that it gave to what is true.{of_several}"
    forward_math = "y = −{mean}{w}(t ln p + (1 − t) ln(1 − p))"
    backward_words = (
        "The slope has the sign of p − t, and is steep where a sure prediction is wrong. "
        "A step against the gradient moves p towards t."
    )
    backward_math = "∂L/∂p = g · {w}(p − t) / (p (1 − p)){per},  ∂L/∂t = g · {w}(ln(1 − p) − ln p){per}"

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


def _log_of_rest(p: Tensor, log: Expression) -> Expression:
    """The logarithm of 1 − p, or of a tiny p, which would lose its digits in 1 − p."""
    return IF(p < 0.00001, -p - p * p / 2, log)


@operator(F.binary_cross_entropy_with_logits)
class binary_cross_entropy_with_logits(_WeightedLoss):
    """The mean (or sum) of −p t ln σ(x) − (1 − t) ln(1 − σ(x)), x the input, t the target, p `pos_weight` or 1."""

    pos_weight: Tensor | None = None

    called = "cross-entropy of {input}"
    forward_words = (
        "A sigmoid turns the logit into a probability. "
        "The loss measures the surprise: minus the logarithm of the probability that was given to what is true.{of_several}"
    )
    forward_math = "y = {mean}{w}((1 − t) x + (ln(1 + e^−|x|) + max(0, −x)))"
    backward_words = (
        "The slope for the logit is probability minus truth, σ(x) − t. "
        "A step against the gradient moves the probability towards the truth."
    )
    backward_math = "∂L/∂x = g · {w}(σ(x) − t){per}"
    phrases = (
        Phrases(
            lambda self, y: self.pos_weight is not None,
            forward_math="y = {mean}{w}((1 − t) x + (1 + (p − 1) t) · (ln(1 + e^−|x|) + max(0, −x)))",
            backward_words="A step against the gradient moves the probability towards the truth, where the truth is 1 with weight p.",
            backward_math="∂L/∂x = g · {w}((1 − t) σ(x) − p t (1 − σ(x))){per}",
        ),
    )

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        exp = Helper(self.input.shape, "exp(−|x|)", lambda: EXP(-ABS(self.input)))
        return {"exp": exp} | super().helpers(y)

    def _surprise(self, y: Tensor) -> Expression:
        return log1p(y.helpers["exp"]) + MAX(0, -self.input)

    def losses(self, y: Tensor) -> Expression:
        x, t, surprise = self.input, self.target, self._surprise(y)
        if self.pos_weight is not None:
            surprise = (1 + (self.pos_weight - 1) * t) * surprise
        return self.weighted((1 - t) * x + surprise)

    def slopes(self, y: Tensor) -> Gradients:
        x, t, exp = self.input, self.target, y.helpers["exp"]
        yes = IF(x > 0, 1, exp) / (1 + exp)
        no = IF(x > 0, exp, 1) / (1 + exp)
        missed = t * no if self.pos_weight is None else self.pos_weight * t * no
        yield x, self.weighted((1 - t) * yes - missed)
        by_target = -x if self.pos_weight is None else (self.pos_weight - 1) * self._surprise(y) - x
        yield t, self.weighted(by_target)
