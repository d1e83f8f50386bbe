"""erf: the error function of the normal distribution."""

import math

import torch

from excel_export.formulas import ABS, ERF, EXP, MIN, Expression, Tensor
from excel_export.ops._elementwise import elementwise

# Beyond, the bell is 0 to the last digit; the square of a large number would overflow.
_FAR = 99
_PEAK = 2 / math.sqrt(math.pi)


def _bell(x: Tensor) -> Expression:
    """The slope of erf: 2/√π · exp(−x²)."""
    size = MIN(_FAR, ABS(x))
    return _PEAK * EXP(-size * size)


elementwise(
    "erf",
    (torch.erf, torch.special.erf, torch.Tensor.erf),
    "The error function of each element.",
    forward=("y = erf x = 2/√π · ∫₀ˣ exp(−t²) dt", lambda x: ERF(x)),
    backward=("∂L/∂x = g · 2/√π · exp(−x²)", lambda g, x: g * _bell(x)),
    forward_words="Any number becomes one between −1 and 1: how likely a normal number with spread √½ lies nearer to 0.",
    backward_words="The slope is a bell: highest at 0, almost 0 from 3 on. Each gradient is g times that.",
)
