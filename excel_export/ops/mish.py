"""mish: x times tanh of its softplus, a smooth relu that dips below 0."""

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, EXP, IF
from excel_export.formulas.idioms import logistic
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn


@operator(F.mish)
class mish(Elementwise):
    """X · tanh(ln(1 + eˣ)). With z = exp(−|x|), that tanh is a quotient of numbers that cannot overflow."""

    inplace: bool = False

    forward_words = (
        "Large positive numbers nearly pass, large negative ones become nearly 0; in between lies a smooth bend that "
        "dips a little below 0."
    )
    backward_words = "Each gradient is g times the slope of the curve: near 1 for large x, near 0 for very negative x."
    forward_math = "y = x · t,  t = tanh(ln(1 + eˣ))"
    backward_math = "∂L/∂x = g · (t + x · σ(x) · (1 − t²))"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {
            "exp": Helper(y.shape, "z = exp(−|x|)", lambda: EXP(-ABS(self.input))),
            "tanh": Helper(y.shape, "t = tanh(ln(1 + eˣ))", lambda: self._tanh(y)),
        }

    def _tanh(self, y: Tensor) -> OperandLike:
        z = y.helpers["exp"]
        return IF(self.input > 0, (1 + 2 * z) / (1 + 2 * z + 2 * z * z), z * (2 + z) / (2 + 2 * z + z * z))

    def forward(self, y: Tensor) -> OperandLike:
        return self.input * y.helpers["tanh"]

    def gradient(self, y: Tensor) -> OperandLike:
        tanh = y.helpers["tanh"]
        return y.grad * (tanh + self.input * logistic(self.input) * (1 - tanh * tanh))

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.mish, ROW)
        yield Example("random", lambda x: nn.Mish(inplace=True)(x * 1), randn(3, 4) * 3)
        yield Example("saturated", nn.Mish(), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.mish, NUMBERS, by_element=True, cancels=True)
