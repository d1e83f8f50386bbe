"""nll_loss: minus the log-probability that the label's class was given."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Tensor, equal, operator
from excel_export.formulas.arrays import table
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF
from excel_export.formulas.idioms import pick
from excel_export.ops._labelled_loss import LabelledLoss
from excel_export.ops._numbers import CLASS_WEIGHT, LABEL, LABELS, LOGITS, MAP_LABELS, ROW, TRUTH, randn


@operator(F.nll_loss)
class nll_loss(LabelledLoss):
    """The (weighted) mean or sum of −x_label, of log-probabilities (C), (N, C) or (N, C, …)."""

    called = "log loss of {input}"
    forward_words = "Minus the log-probability that the label's class was given."
    backward_words = (
        "Only the label's own log-probability counts: when it grows, the loss falls by just that. The others get 0."
    )
    forward_math = "y = −Σ w_label · x_label / Σ w_label"
    backward_math = "∂L/∂xₖ = −g · w_label / Σ w_label if k = label, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        return self.forward_words + self.of_samples

    def forward_math_here(self, y: Tensor) -> str:
        if self.is_weighed:
            return self.forward_math if self.reduction == "mean" else "y = −w_label · x_label"
        if math.prod(self.samples) == 1 or self.reduction == "none":
            return "y = −x_label"
        return f"y = {self.reduction} of −x_label"

    def backward_math_here(self, y: Tensor) -> str:
        weighed = " · w_label" if self.is_weighed else ""
        return f"∂L/∂xₖ = −g{weighed}{self.per_sample} if k = label, else 0"

    def losses(self, y: Tensor) -> Expression:
        def loss(*n: int) -> Expression:
            label = self.target.element(*n)
            minus = -pick(self.classes(self.input.value, n), label + 1)
            if "weight" in y.helpers:
                minus = minus * y.helpers["weight"].at(*n)
            return minus if self.ignored is None else IF(equal(label, self.ignored), 0, minus)

        return table(self.samples, loss)

    def backward(self, y: Tensor) -> Gradients:
        gain = -self.for_each_class(y.grad.cells)
        if "weight" in y.helpers:
            gain = gain * self.for_each_class(y.helpers["weight"].cells)
        holds = equal(self.for_each_class(self.target.cells), self.class_numbers)
        yield self.input, IF(holds, self.divided(gain, y), 0)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", F.nll_loss, ROW, LABEL)
        yield Example("of probabilities", lambda x, y: F.nll_loss(F.log_softmax(x, 1), y), randn(3, 4), LABELS)
        yield Example("weight", nn.NLLLoss(CLASS_WEIGHT), randn(3, 4), LABELS)
        yield Example("ignore_index", nn.NLLLoss(CLASS_WEIGHT, ignore_index=3), randn(3, 4), LABELS)
        yield Example("label −100", F.nll_loss, randn(3, 4), torch.tensor([0, -100, 1]))
        yield Example("label −100, none", nn.NLLLoss(reduction="none"), randn(3, 4), torch.tensor([0, -100, 1]))
        yield Example("sum of a map", nn.NLLLoss(reduction="sum"), randn(2, 3, 2, 2), MAP_LABELS)
        yield Example("none", nn.NLLLoss(reduction="none"), randn(3, 4), LABELS)
        yield Example("of one", F.nll_loss, randn(4), torch.tensor(3))
        yield Extreme("", lambda x: F.nll_loss(x, TRUTH, reduction="none"), LOGITS)
