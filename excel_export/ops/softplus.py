"""softplus: a smooth relu."""

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, EXP, IF, MAX
from excel_export.formulas.idioms import log1p
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn


@operator(F.softplus)
class softplus(Elementwise):
    """ln(1 + exp(βx)) / β; from β·x > threshold on, x itself."""

    beta: float = 1
    threshold: float = 20

    forward_words = "A smooth bend instead of a corner at 0: never negative, and almost x itself for large x."
    backward_words = (
        "The slope is the sigmoid of βx: almost 1 for large x, almost 0 for very negative x. Each gradient is g "
        "times that."
    )
    forward_math = "y = ln(1 + exp(βx)) / β = (max(0, βx) + ln(1 + exp(−|βx|))) / β"
    backward_math = "∂L/∂x = g · σ(βx);  g where βx > threshold"

    def check(self) -> str | None:
        return "beta 0 is not supported" if self.beta == 0 else None

    @property
    def scaled(self) -> Expression:
        """β times x."""
        return self.input.cells if self.beta == 1 else self.beta * self.input

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {"exp": Helper(y.shape, "exp(−|βx|)", lambda: EXP(-ABS(self.scaled)))}

    def forward(self, y: Tensor) -> OperandLike:
        log = MAX(0, self.scaled) + log1p(y.helpers["exp"])
        return IF(self.scaled > self.threshold, self.input, log if self.beta == 1 else log / self.beta)

    def gradient(self, y: Tensor) -> OperandLike:
        exp = y.helpers["exp"]
        sigmoid = IF(self.scaled > 0, 1, exp) / (1 + exp)
        return IF(self.scaled > self.threshold, y.grad, y.grad * sigmoid)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.softplus, ROW)
        yield Example("random", F.softplus, randn(3, 4))
        yield Example("saturated", nn.Softplus(), FAR)
        yield Example("beta and threshold", nn.Softplus(beta=2.5, threshold=3), FAR)
        yield Example("threshold", lambda x: F.softplus(x, threshold=1), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.softplus, NUMBERS, by_element=True)
        yield Extreme("beta", nn.Softplus(3, 1), NUMBERS, by_element=True)
