"""softmax: logits to probabilities."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Tensor, operator
from excel_export.formulas.arrays import sum_of_products
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import EXP
from excel_export.formulas.idioms import along
from excel_export.ops._numbers import IMAGE, LOGITS, ROW, SATURATED, randn
from excel_export.ops._softmax import Softmax, exponentials


@operator(F.softmax, torch.softmax, torch.Tensor.softmax)
class softmax(Softmax):
    """Softmax over one dimension. The largest logit is taken off first, so that EXP cannot overflow."""

    backward_words = (
        "More for one means less for the others. "
        "So a logit's gradient is its probability times how far its own g lies above the mean g, weighted by the probabilities."
    )
    forward_math = "yₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = yₖ · (gₖ − Σⱼ gⱼ yⱼ)"

    def forward_words_here(self, y: Tensor) -> str:
        return (
            f"{self.count} logits become {self.count} probabilities: e to the power of each, divided by the sum of all. "
            "They are positive, together 1, and the largest logit gets the most."
        )

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {
            **exponentials(self.input, self.dims, y),
            "mean": Helper(self.kept, "Σ g · y", lambda: self._mean(y), "backward"),
        }

    def _mean(self, y: Tensor) -> Expression:
        """The mean of what arrives, weighted by the probabilities."""
        return sum_of_products(
            self.kept, lambda *index: (along(y.grad, self.dims, index), along(y.value, self.dims, index))
        )

    def forward(self, y: Tensor) -> OperandLike:
        return y.helpers["exp"] / y.helpers["sum"]

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        (y,) = results
        return (EXP(self.input - y.helpers["largest"]) / y.helpers["sum"],)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, y * (y.grad - y.helpers["mean"])

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.softmax(1), ROW)
        yield Example("random", lambda x: F.softmax(x, dim=1), randn(3, 4))
        yield Example("saturated", lambda x: x.softmax(-1), SATURATED)
        yield Example("of one", lambda x: torch.softmax(x, 1), randn(3, 1))
        yield Example("vector", nn.Softmax(dim=0), randn(7))
        yield Example("first dim", lambda x: x.softmax(0), randn(3, 4))
        yield Example("channels", lambda x: x.softmax(1), IMAGE)
        yield Example("rows", lambda x: x.softmax(-2), randn(2, 3, 4))
        yield Extreme("", lambda x: x.softmax(1), LOGITS, cancels=True)
        yield Extreme("down", lambda x: x.softmax(0), LOGITS, cancels=True)
