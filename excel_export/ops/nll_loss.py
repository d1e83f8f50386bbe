"""nll_loss: minus the log-probability that the label's class was given."""

import torch.nn.functional as F

from excel_export.formulas import IF, Expression, Gradients, Tensor, equal, operator, table
from excel_export.formulas.idioms import pick
from excel_export.ops._labelled_loss import NO_LABEL, LabelledLoss


@operator(F.nll_loss)
class nll_loss(LabelledLoss):
    """The (weighted) mean or sum of −x_label, of log-probabilities (C), (N, C) or (N, C, …)."""

    forward_math = "y = −Σ w_label · x_label / Σ w_label"
    backward_math = "∂L/∂xₖ = −g · w_label / Σ w_label if k = label, else 0"

    def losses(self, y: Tensor) -> Expression:
        def loss(*n: int) -> Expression:
            label = self.target.element(*n)
            minus = -pick(self.classes(self.input.value, n), label + 1)
            if "weight" in y.helpers:
                minus = minus * y.helpers["weight"].at(*n)
            return minus if self.ignore_index == NO_LABEL else IF(equal(label, self.ignore_index), 0, minus)

        return table(self.samples, loss)

    def backward(self, y: Tensor) -> Gradients:
        gain = -self.for_each_class(y.grad.cells)
        if "weight" in y.helpers:
            gain = gain * self.for_each_class(y.helpers["weight"].cells)
        holds = equal(self.for_each_class(self.target.cells), self.class_numbers)
        yield self.input, IF(holds, self.divided(gain, y), 0)
