"""cross_entropy: how surprised the probabilities are by the label."""

import math
from typing import Any

import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Tensor, as_expression, equal, operator
from excel_export.formulas.arrays import sum_of_products, table
from excel_export.formulas.functions import EXP, IF, LN
from excel_export.formulas.idioms import kept, pick, reduced
from excel_export.formulas.operator import Phrases
from excel_export.ops.nll_loss import LabelledLoss
from excel_export.ops.softmax import exponentials


@operator(F.cross_entropy)
class cross_entropy(LabelledLoss):
    """The mean (or sum) over the samples of −ln p(label), with p = softmax(logits).

    The largest logit is taken off before EXP: no logit is too large. Class weights, label smoothing and
    targets that are probabilities all say how much of each class is `wanted`; the loss is then
    Σ wanted · −ln p.
    """

    label_smoothing: float = 0.0

    called = "cross-entropy of {input}"
    forward_words = "Minus the logarithms of the probabilities that softmax gives, each times how much its class is wanted, added up.{of_samples}"
    forward_math = "y = {made_of_losses}Σₖ wantedₖ · −ln pₖ,  p = softmax(x)"
    backward_words = (
        "The gradient of a logit is its probability times all that is wanted, less how much its own class is wanted. "
        "A step against it pulls the wanted classes up and pushes the others down."
    )
    backward_math = "∂L/∂xₖ = g · (pₖ · Σⱼ wantedⱼ − wantedₖ){per_sample}"
    phrases = (
        Phrases(
            lambda self, y: self.is_plain,
            forward_words="−ln of the label's softmax probability: near 0 for a confident, correct answer, large when the probability is small.{of_samples}",
            forward_math="y = {made_of_losses}−ln p_label,  p = softmax(x)",
            backward_words=(
                "The gradient of a logit is its probability, less 1 for the label's own. "
                "A step against it pulls the label's logit up and pushes the others down, each by how wrong it is."
            ),
            backward_math="∂L/∂xₖ = g · (pₖ − [k = label]){per_sample},  [k = label] is 1 for the label, else 0",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        weighted = "weighted " if self.reduction == "mean" and self.is_weighed else ""
        is_one = math.prod(self.samples) == 1 or self.reduction == "none"
        return {"made_of_losses": "" if is_one else f"{weighted}{self.reduction} of "}

    @property
    def is_plain(self) -> bool:
        """True if each sample has one label, and all count alike: no label smoothing, weights or ignored labels."""
        return not (self.target.is_float or self.label_smoothing or self.is_weighed)

    def check(self) -> str | None:
        learns = self.target.is_float and self.weight is not None and self.weight.has_grad
        return "weights of classes that learn are not supported: use weight.detach()" if learns else super().check()

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        shape = self.input.shape
        wanted = {
            **exponentials(self.input, (self.class_axis,), y),
            "probability": Helper(
                shape,
                "p = softmax(x)",
                lambda: y.helpers["exp"] / y.helpers["sum"],
                math="pₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x)",
                words="Softmax turns the logits, the class scores, into probabilities: e to the power of each, divided by the sum of all. "
                "None is negative, and they add up to 1. "
                "The largest logit is subtracted first, which changes nothing but keeps the numbers small.",
                readable=lambda: EXP(self.input - y.helpers["largest"]) / y.helpers["sum"],
            ),
        }
        common = super().helpers(y)
        if "weight" in common or self.label_smoothing or self.target.is_float:
            wanted["surprise"] = Helper(
                shape, "−ln p", lambda: LN(y.helpers["sum"]) - (self.input - y.helpers["largest"])
            )
            wanted["wanted"] = Helper(shape, "how much of each class is wanted", lambda: self._wanted(y))
            wanted["total"] = Helper(
                kept(shape, (self.class_axis,)),
                "Σ wanted",
                lambda: reduced("SUM", y.helpers["wanted"], (self.class_axis,)),
                "backward",
            )
        return wanted | common

    def _wanted(self, y: Tensor) -> OperandLike:
        """Return the share of each class that the target asks for, class weights included."""
        kept, evenly = 1 - self.label_smoothing, self.label_smoothing / self.input.shape[self.class_axis]
        if self.target.is_float:
            wanted = kept * self.target + evenly if self.label_smoothing else self.target.cells
            return wanted if self.weight is None else wanted * self.by_class(self.weight)
        holds = equal(self.for_each_class(self.target.cells), self.class_numbers)
        own = self.for_each_class(y.helpers["weight"].cells) if "weight" in y.helpers else as_expression(1)
        if not self.label_smoothing:
            return own * IF(holds, 1, 0)
        every = as_expression(evenly) if self.weight is None else evenly * self.by_class(self.weight)
        smoothed = kept * own * IF(holds, 1, 0) + every
        if self.ignored is None:
            return smoothed
        return IF(equal(self.for_each_class(self.target.cells), self.ignored), 0, smoothed)

    def losses(self, y: Tensor) -> Expression:
        if "wanted" in y.helpers:
            wanted, surprise = y.helpers["wanted"], y.helpers["surprise"]
            return sum_of_products(self.samples, lambda *n: (self.classes(wanted, n), self.classes(surprise, n)))

        def surprise_at_label(*n: int) -> Expression:
            of_label = pick(self.classes(self.input.value, n), self.target.element(*n) + 1)
            of_all = (*n[: self.class_axis], 0, *n[self.class_axis :])
            return LN(y.helpers["sum"].at(*of_all)) - (of_label - y.helpers["largest"].at(*of_all))

        return table(self.samples, surprise_at_label)

    def readable_losses(self, y: Tensor) -> Expression:
        if "wanted" in y.helpers:
            return self.losses(y)
        probability = y.helpers["probability"]
        return table(self.samples, lambda *n: -LN(pick(self.classes(probability, n), self.target.element(*n) + 1)))

    def backward(self, y: Tensor) -> Gradients:
        arriving, probability = self.for_each_class(y.grad.cells), y.helpers["probability"]
        if "wanted" not in y.helpers:
            holds = equal(self.for_each_class(self.target.cells), self.class_numbers)
            yield self.input, self.divided(arriving * (probability - IF(holds, 1, 0)), y)
            return
        wanted = y.helpers["wanted"]
        yield self.input, self.divided(arriving * (probability * y.helpers["total"] - wanted), y)
        if self.target.is_float:
            share = y.helpers["surprise"].cells
            if self.weight is not None:
                share = share * self.by_class(self.weight)
            yield self.target, self.divided(arriving * (1 - self.label_smoothing) * share, y)
