"""erf, erfc and erfinv: the error function of the normal distribution, its rest to 1, and its inverse."""

import math

import torch

from excel_export.formulas import Expression, Operand, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, ERF, ERFC, EXP, IF, MIN, NORMSINV, SIGN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn

# Beyond, the bell is 0 to the last digit; the square of a large number would overflow.
_FAR = 99
_PEAK = 2 / math.sqrt(math.pi)
_INSIDE = NUMBERS[NUMBERS.abs() < 1 - 1e-9]


def _bell(x: Operand) -> Expression:
    """The slope of erf: 2/√π · exp(−x²)."""
    size = MIN(_FAR, ABS(x))
    return _PEAK * EXP(-size * size)


@operator(torch.erf, torch.special.erf, torch.Tensor.erf)
class erf(Elementwise):
    """The error function of each element."""

    forward_words = (
        "Any number becomes one between −1 and 1: how likely a normal number with spread √½ lies nearer to 0."
    )
    backward_words = "The slope is a bell: highest at 0, almost 0 from 3 on. Each gradient is g times that."
    forward_math = "y = erf x = 2/√π · ∫₀ˣ exp(−t²) dt"
    backward_math = "∂L/∂x = g · 2/√π · exp(−x²)"

    def forward(self, y: Tensor) -> OperandLike:
        return ERF(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * _bell(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.erf, ROW)
        yield Example("random", lambda x: x.erf(), randn(3, 4) * 2)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.erf, NUMBERS, by_element=True)


@operator(torch.erfc, torch.special.erfc, torch.Tensor.erfc)
class erfc(Elementwise):
    """1 − erf(x), which keeps its digits where erf is almost 1."""

    forward_words = "What erf leaves of 1: from 2 far on the left to 0 far on the right."
    backward_words = "The slope is a bell upside down: lowest at 0, almost 0 from 3 on. Each gradient is g times that."
    forward_math = "y = erfc x = 1 − erf x"
    backward_math = "∂L/∂x = −g · 2/√π · exp(−x²)"

    def forward(self, y: Tensor) -> OperandLike:
        return ERFC(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad * _bell(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.erfc, ROW)
        yield Example("random", lambda x: x.erfc(), randn(3, 4) * 2)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.erfc, NUMBERS, by_element=True)


@operator(torch.erfinv, torch.special.erfinv, torch.Tensor.erfinv)
class erfinv(Elementwise):
    """The number whose erf the element is, by the inverse of the normal distribution; near 0 by a series."""

    forward_words = "The number that has this one, between −1 and 1, as its erf."
    backward_words = "The slope grows without end towards −1 and 1: each gradient is g times the slope."
    forward_math = "y = erf⁻¹ x"
    backward_math = "∂L/∂x = g · √π/2 · exp(y²)"

    def forward(self, y: Tensor) -> OperandLike:
        x, size = self.input, ABS(self.input)
        square = x * x
        series = x / _PEAK * (1 + math.pi / 12 * square + 7 * math.pi**2 / 480 * square * square)
        by_table = -SIGN(x) * NORMSINV((1 - size) / 2) / math.sqrt(2)
        return IF(size < 0.001, series, by_table)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / _PEAK * EXP(y * y)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.erfinv, ROW * 0.9)
        yield Example("random", lambda x: x.erfinv(), randn(3, 4).tanh())

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.erfinv, _INSIDE, by_element=True)
