"""gelu: x times the probability that a standard normal number is smaller than x."""

import math

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, EXP, MAX, MIN, NORMSDIST, TANH
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn

_SCALE, _CUBIC = math.sqrt(2 / math.pi), 0.044715
# Beyond 99, tanh is ±1 and the density 0 to the last digit; the powers of a large x would overflow.
_FAR = 99


@operator(F.gelu)
class gelu(Elementwise):
    """Gaussian error linear unit, exact or (approximate='tanh') by a tanh that runs close to it."""

    approximate: str = "none"

    forward_words = (
        "Large positive numbers nearly pass, large negative ones become nearly 0; in between lies a smooth bend."
    )
    backward_words = (
        "Each gradient is g times the slope of the curve: near 1 for large positive numbers, near 0 for large "
        "negative ones."
    )
    forward_math = "y = x · Φ(x);  by tanh: y = x/2 · (1 + tanh u),  u = √(2/π) · (x + 0.044715 x³)"
    backward_math = "∂L/∂x = g · (Φ(x) + x · φ(x));  by tanh: g/2 · (1 + tanh u + x · (1 − tanh² u) · u′)"

    def forward_math_here(self, y: Tensor) -> str:
        exact, by_tanh = self.forward_math.split(";  by tanh: ")
        return exact if self.approximate == "none" else by_tanh

    def backward_math_here(self, y: Tensor) -> str:
        exact, by_tanh = self.backward_math.split(";  by tanh: ")
        return exact if self.approximate == "none" else f"∂L/∂x = {by_tanh}"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if self.approximate == "none":
            return {"phi": Helper(y.shape, "Φ(x)", lambda: NORMSDIST(self.input))}
        return {"tanh": Helper(y.shape, "tanh u", self._tanh)}

    def _tanh(self) -> OperandLike:
        near, size = MAX(-_FAR, MIN(_FAR, self.input)), MIN(_FAR, ABS(self.input))
        return TANH(_SCALE * near * (1 + _CUBIC * size * size))

    def forward(self, y: Tensor) -> OperandLike:
        if self.approximate == "none":
            return self.input * y.helpers["phi"]
        return self.input / 2 * (1 + y.helpers["tanh"])

    def gradient(self, y: Tensor) -> OperandLike:
        x = self.input
        if self.approximate == "none":
            size = MIN(_FAR, ABS(x))
            density = EXP(-size * size / 2) * (1 / math.sqrt(2 * math.pi))
            return y.grad * (y.helpers["phi"] + x * density)
        tanh = y.helpers["tanh"]
        return y.grad / 2 * (1 + tanh + x * (1 - tanh * tanh) * _SCALE * (1 + 3 * _CUBIC * x * x))

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.gelu, ROW)
        yield Example("random", F.gelu, randn(3, 4) * 3)
        yield Example("saturated", nn.GELU(), FAR)
        yield Example("tanh", lambda x: F.gelu(x, approximate="tanh"), randn(3, 4) * 3)
        yield Example("tanh saturated", nn.GELU("tanh"), FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.gelu, NUMBERS, by_element=True, cancels=True)
        yield Extreme("tanh", nn.GELU("tanh"), NUMBERS, by_element=True, cancels=True)
