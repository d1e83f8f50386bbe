"""log_softmax: the logarithm of the probabilities, without ever taking the logarithm of a tiny number."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Gradients, Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import EXP, LN
from excel_export.formulas.idioms import reduced
from excel_export.ops._numbers import IMAGE, LOGITS, ROW, SATURATED, randn
from excel_export.ops._softmax import Softmax, exponentials


@operator(F.log_softmax, torch.log_softmax, torch.Tensor.log_softmax)
class log_softmax(Softmax):
    """Log-softmax over one dimension. The largest logit is taken off before EXP: no logit is too large."""

    called = "log-softmax of {input}"
    forward_words = "The logits become logarithms of probabilities: 0 would be certain, far below 0 is unlikely."
    backward_words = (
        "More for one means less for the others. "
        "So a logit's gradient is its own g, less its probability times the sum of all g."
    )
    forward_math = "yₖ = (xₖ − max x) − ln Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = gₖ − exp(yₖ) · Σⱼ gⱼ"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {
            **exponentials(self.input, self.dims, y),
            "arriving": Helper(self.kept, "Σ g", lambda: reduced("SUM", y.grad, self.dims), "backward"),
        }

    def forward(self, y: Tensor) -> OperandLike:
        return self.input - y.helpers["largest"] - LN(y.helpers["sum"])

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, y.grad - EXP(y) * y.helpers["arriving"]

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.log_softmax(1), ROW)
        yield Example("random", lambda x: F.log_softmax(x, dim=1), randn(3, 4))
        yield Example("saturated", nn.LogSoftmax(dim=-1), SATURATED)
        yield Example("channels", lambda x: torch.log_softmax(x, -3), IMAGE)
        yield Example("vector", lambda x: x.log_softmax(0), randn(7))
        yield Extreme("", lambda x: x.log_softmax(1), LOGITS[:9], cancels=True)
