"""binary_cross_entropy_with_logits: sigmoid and binary cross-entropy in one, safe for logits of any size."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Helper, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import ABS, EXP, IF, MAX
from excel_export.formulas.idioms import log1p
from excel_export.ops._elementwise_loss import WeightedLoss
from excel_export.ops._numbers import CHANCES, CLASS_WEIGHT, FAR, FAR_TARGETS, NUMBERS, ROW, SURE, TARGETS, randn


@operator(F.binary_cross_entropy_with_logits)
class binary_cross_entropy_with_logits(WeightedLoss):
    """The mean (or sum) of −p t ln σ(x) − (1 − t) ln(1 − σ(x)); `pos_weight` p weighs the yes side."""

    pos_weight: Tensor | None = None

    called = "cross-entropy of {input}"
    forward_words = (
        "The logit becomes a probability by a sigmoid. "
        "The loss says how surprised it is by the truth: minus the logarithm of the probability that it gave to what is true."
    )
    backward_words = (
        "The slope by the logit is probability minus truth, σ(x) − t. "
        "A step against the gradient moves the probability towards the truth."
    )
    forward_math = "y = (1/n) · Σ w · ((1 − t) x + (1 + (p − 1) t) · (ln(1 + e^−|x|) + max(0, −x)))"
    backward_math = "∂L/∂x = g · w · ((1 − t) σ(x) − p t (1 − σ(x))) / n"

    def backward_words_here(self, y: Tensor) -> str:
        if self.pos_weight is None:
            return self.backward_words
        return (
            "A step against the gradient moves the probability towards the truth, where the truth is 1 with weight p."
        )

    def forward_math_here(self, y: Tensor) -> str:
        text = super().forward_math_here(y)
        return text if self.pos_weight is not None else text.replace("(1 + (p − 1) t) · ", "")

    def backward_math_here(self, y: Tensor) -> str:
        text = super().backward_math_here(y)
        return text if self.pos_weight is not None else text.replace("((1 − t) σ(x) − p t (1 − σ(x)))", "(σ(x) − t)")

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        exp = Helper(self.input.shape, "exp(−|x|)", lambda: EXP(-ABS(self.input)))
        return {"exp": exp} | super().helpers(y)

    def _surprise(self, y: Tensor) -> Expression:
        """−ln σ(x)."""
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

    @classmethod
    def cases(cls) -> Cases:
        weighing = nn.BCEWithLogitsLoss(CLASS_WEIGHT[:3], reduction="none", pos_weight=CLASS_WEIGHT[1:])
        yield Example("", F.binary_cross_entropy_with_logits, ROW, CHANCES)
        yield Example("random", nn.BCEWithLogitsLoss(), randn(2, 3), TARGETS)
        yield Example("saturated", nn.BCEWithLogitsLoss(reduction="sum"), FAR, FAR_TARGETS)
        yield Example("weights", weighing, randn(2, 3), TARGETS)
        logits, targets = torch.cartesian_prod(NUMBERS, SURE).T
        yield Extreme("", nn.BCEWithLogitsLoss(reduction="none"), logits, targets, cancels=True)
