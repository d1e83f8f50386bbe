"""silu: x times its own sigmoid, also called swish."""

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.idioms import logistic
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn


@operator(F.silu)
class silu(Elementwise):
    """Sigmoid linear unit."""

    inplace: bool = False

    forward_words = (
        "Each number times its sigmoid: large positive numbers nearly pass, large negative ones become nearly 0."
    )
    backward_words = (
        "Each gradient is g times the slope of the curve: near 1 for large positive numbers, near 0 for large "
        "negative ones."
    )
    forward_math = "y = x · σ(x),  σ(x) = 1 / (1 + e⁻ˣ)"
    backward_math = "∂L/∂x = g · σ(x) · (1 + x · (1 − σ(x)))"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {"sigmoid": Helper(y.shape, "σ(x)", lambda: logistic(self.input))}

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * y.helpers["sigmoid"]

    def gradient(self, y: Tensor) -> OperandLike:
        sigmoid = y.helpers["sigmoid"]
        return y.grad * sigmoid * (1 + self.input * (1 - sigmoid))

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.silu, ROW)
        yield Example("random", F.silu, randn(3, 4))
        yield Example("saturated", lambda x: nn.SiLU(inplace=True)(x * 1), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.silu, NUMBERS, by_element=True, cancels=True)
