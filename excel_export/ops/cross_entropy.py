"""cross_entropy: how surprised the probabilities are by the label."""

import torch.nn.functional as F

from excel_export.formulas import (
    EXP,
    IF,
    LN,
    Expression,
    Gradients,
    Helper,
    OperandLike,
    Tensor,
    as_expression,
    equal,
    of_ranges,
    operator,
    reduce,
    sum_of_products,
    table,
)
from excel_export.formulas.idioms import pick
from excel_export.ops._labelled_loss import NO_LABEL, LabelledLoss


@operator(F.cross_entropy)
class cross_entropy(LabelledLoss):
    """The mean (or sum) over the samples of −ln p(label), with p = softmax(logits).

    The largest logit is taken off before EXP: no logit is too large. Class weights, label smoothing and
    targets that are probabilities all say how much of each class is `wanted`; the loss is then
    Σ wanted · −ln p.
    """

    label_smoothing: float = 0.0

    forward_words = (
        "How surprised the network is by the label: minus the logarithm of the probability that it gave to it."
    )
    backward_words = (
        "The gradient of a logit is its probability, less 1 for the true label. It pulls the true one up and "
        "pushes the others down, each by how wrong it was."
    )
    forward_math = "y = mean of ln Σⱼ exp(xⱼ) − x_label"
    backward_math = "∂L/∂xₖ = g · (pₖ − [k = label]) / N,  p = softmax(x)"

    @property
    def _largest(self) -> Expression:
        return self.for_each_class(reduce("MAX", self.samples, lambda *n: self.classes(self.input.value, n)))

    def _sum_of_exp(self, y: Tensor) -> Expression:
        exp = y.helpers["exp"]
        return self.for_each_class(reduce("SUM", self.samples, lambda *n: self.classes(exp, n)))

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        shape = self.input.shape
        wanted = {
            "exp": Helper(shape, "exp(x − max x)", lambda: EXP(self.input - self._largest)),
            "probability": Helper(shape, "p = softmax(x)", lambda: y.helpers["exp"] / self._sum_of_exp(y)),
        }
        common = super().helpers(y)
        if "weight" in common or self.label_smoothing or self.target.is_float:
            wanted["surprise"] = Helper(shape, "−ln p", lambda: LN(self._sum_of_exp(y)) - (self.input - self._largest))
            wanted["wanted"] = Helper(shape, "how much of each class is wanted", lambda: self._wanted(y))
        return wanted | common

    def _wanted(self, y: Tensor) -> OperandLike:
        """How much of each class the target asks for, class weights included."""
        kept, evenly = 1 - self.label_smoothing, self.label_smoothing / self.input.shape[self.class_axis]
        if self.target.is_float:
            wanted = kept * self.target + evenly if self.label_smoothing else self.target.cells
            return wanted if self.weight is None else wanted * self.by_class(self.weight)
        holds = equal(self.for_each_class(self.target.cells), self.class_numbers)
        own = self.for_each_class(y.helpers["weight"].cells) if "weight" in y.helpers else as_expression(1)
        if not self.label_smoothing:
            return IF(holds, own, 0)
        every = as_expression(evenly) if self.weight is None else evenly * self.by_class(self.weight)
        smoothed = IF(holds, kept * own, 0) + every
        if self.ignore_index == NO_LABEL:
            return smoothed
        return IF(equal(self.for_each_class(self.target.cells), self.ignore_index), 0, smoothed)

    def losses(self, y: Tensor) -> Expression:
        if "wanted" in y.helpers:
            wanted, surprise = y.helpers["wanted"], y.helpers["surprise"]
            return sum_of_products(self.samples, lambda *n: (self.classes(wanted, n), self.classes(surprise, n)))

        def surprise_at_label(*n: int) -> Expression:
            x, exp = self.classes(self.input.value, n), self.classes(y.helpers["exp"], n)
            of_label = pick(x, self.target.element(*n) + 1)
            return LN(of_ranges("SUM", exp.ranges)) - (of_label - of_ranges("MAX", x.ranges))

        return table(self.samples, surprise_at_label)

    def backward(self, y: Tensor) -> Gradients:
        arriving, probability = self.for_each_class(y.grad.cells), y.helpers["probability"]
        if "wanted" not in y.helpers:
            holds = equal(self.for_each_class(self.target.cells), self.class_numbers)
            yield self.input, self.divided(arriving * (probability - IF(holds, 1, 0)), y)
            return
        wanted = y.helpers["wanted"]
        total = self.for_each_class(reduce("SUM", self.samples, lambda *n: self.classes(wanted, n)))
        yield self.input, self.divided(arriving * (probability * total - wanted), y)
        if self.target.is_float:
            share = y.helpers["surprise"].cells
            if self.weight is not None:
                share = share * self.by_class(self.weight)
            yield self.target, self.divided(arriving * (1 - self.label_smoothing) * share, y)
