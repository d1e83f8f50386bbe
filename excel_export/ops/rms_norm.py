"""rms_norm: each row of numbers divided by the root of its mean square."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Helper, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import SQRT
from excel_export.ops._normalisation import OfLast
from excel_export.ops._numbers import ROW, randn


@operator(F.rms_norm, torch.rms_norm)
class rms_norm(OfLast):
    """Root-mean-square normalisation over the last dimensions: nothing is shifted, all is scaled."""

    normalized_shape: Sequence[int]
    weight: Tensor | None = None
    eps: float | None = None

    backward_words = (
        "If all of a row grew in proportion, nothing would change: so this part of the gradient is taken off. "
        "The rest is divided by the root."
    )
    forward_math = "y = w · x̂,  x̂ = x / √(mean x² + ε)"
    backward_math = "∂L/∂x = (ĝ − x̂ · mean(ĝ · x̂)) / √(mean x² + ε),  ĝ = g · w,  ∂L/∂w = Σ g · x̂"

    @property
    def small(self) -> float:
        return torch.finfo(torch.float64).eps if self.eps is None else self.eps

    def forward_words_here(self, y: Tensor) -> str:
        after = " Then times a weight." if self.weight is not None else ""
        return f"Each row is divided by the root of its mean square.{after}"

    def backward_words_here(self, y: Tensor) -> str:
        return self.backward_words

    def forward_math_here(self, y: Tensor) -> str:
        return f"y = {self._weighed}x / √(mean x² + ε)"

    def backward_math_here(self, y: Tensor) -> str:
        if self.weight is not None:
            return self.backward_math
        return "∂L/∂x = (g − x̂ · mean(g · x̂)) / √(mean x² + ε)"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        x = self.input
        backward = self._backward_helpers(y)
        backward.pop("mean g", None)
        return {
            "mean square": Helper(self.lines, "the mean of x²", lambda: self.mean_product(x.value, x.value)),
            "normalised": Helper(x.shape, "x̂ = x / √(mean x² + ε)", lambda: x / self.deviation(y)),
            **backward,
        }

    def deviation(self, y: Tensor) -> Expression:
        return SQRT(self.spread(y.helpers["mean square"]) + self.small)

    def slope(self, y: Tensor) -> Expression:
        return self._arriving(y) - y.helpers["normalised"] * self.spread(y.helpers["mean g x̂"])

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.RMSNorm(3), ROW)
        yield Example("with learned weights", lambda x, w: F.rms_norm(x, (4,), w, 1e-3), randn(3, 4), randn(4))
        yield Example("of a sequence", lambda x: F.rms_norm(x, (6,)), randn(2, 5, 6))
        yield Example("over several dimensions", nn.RMSNorm((3, 4)), randn(2, 3, 4))
        yield Example("of a vector", nn.RMSNorm(7, eps=0.1), randn(7))
        yield Extreme("", lambda x: F.rms_norm(x, (4,), eps=1e-5), _SPREAD, cancels=True)


# Rows of which PyTorch can still square the numbers.
_SPREAD = torch.tensor(
    [[1e150, -1e150, 0.0, 1e140], [1e-300, -1e-160, 0.0, 1e-320], [1e3, 1.0, -700.0, 0.5]], dtype=torch.float64
)
