"""erf, erfc and erfinv: the error function of the normal distribution, its rest to 1, and its inverse."""

import math

import torch

from excel_export.formulas import ABS, ERF, ERFC, EXP, IF, MIN, NORMSINV, SIGN, Expression, Tensor
from excel_export.ops._elementwise import elementwise
from excel_export.ops._numbers import NUMBERS

# Beyond, the bell is 0 to the last digit; the square of a large number would overflow.
_FAR = 99
_PEAK = 2 / math.sqrt(math.pi)


def _bell(x: Tensor) -> Expression:
    """The slope of erf: 2/√π · exp(−x²)."""
    size = MIN(_FAR, ABS(x))
    return _PEAK * EXP(-size * size)


def _inverse(x: Tensor) -> Expression:
    """The number whose erf is x, by the inverse of the normal distribution; near 0 by a series."""
    size, square = ABS(x), x * x
    series = x / _PEAK * (1 + math.pi / 12 * square + 7 * math.pi**2 / 480 * square * square)
    by_table = -SIGN(x) * NORMSINV((1 - size) / 2) / math.sqrt(2)
    return IF(size < 0.001, series, by_table)


elementwise(
    "erf",
    (torch.erf, torch.special.erf, torch.Tensor.erf),
    "The error function of each element.",
    forward=("y = erf x = 2/√π · ∫₀ˣ exp(−t²) dt", lambda x: ERF(x)),
    backward=("∂L/∂x = g · 2/√π · exp(−x²)", lambda g, x: g * _bell(x)),
    forward_words="Any number becomes one between −1 and 1: how likely a normal number with spread √½ lies nearer to 0.",
    backward_words="The slope is a bell: highest at 0, almost 0 from 3 on. Each gradient is g times that.",
)
elementwise(
    "erfc",
    (torch.erfc, torch.special.erfc, torch.Tensor.erfc),
    "1 − erf(x), which keeps its digits where erf is almost 1.",
    forward=("y = erfc x = 1 − erf x", lambda x: ERFC(x)),
    backward=("∂L/∂x = −g · 2/√π · exp(−x²)", lambda g, x: -g * _bell(x)),
    forward_words="What erf leaves of 1: from 2 far on the left to 0 far on the right.",
    backward_words="The slope is a bell upside down: lowest at 0, almost 0 from 3 on. Each gradient is g times that.",
)
elementwise(
    "erfinv",
    (torch.erfinv, torch.special.erfinv, torch.Tensor.erfinv),
    "The number whose erf the element is, by the inverse of the normal distribution; near 0 by a series.",
    forward=("y = erf⁻¹ x", _inverse),
    backward=("∂L/∂x = g · √π/2 · exp(y²)", lambda g, y: g / _PEAK * EXP(y * y)),
    forward_words="The number that has this one, between −1 and 1, as its erf.",
    backward_words="The slope grows without end towards −1 and 1: each gradient is g times the slope.",
    within=lambda x: 0.9 * x.tanh(),
    numbers=NUMBERS[NUMBERS.abs() < 1 - 1e-9],
)
