"""exp, logarithms to the bases e, 2 and 10, and erf, the error function of the normal distribution."""

import math

import torch

from excel_export.formulas import ABS, ERF, EXP, IF, LN, LOG10, MIN, Example, Expression, Tensor
from excel_export.ops._elementwise import elementwise

_LN2, _LN10 = math.log(2), math.log(10)
_NEAR_0 = 0.00001
"""So near to 0, two terms of a series are exact, and 1 + x has lost digits of x."""
_TINY = torch.tensor([1e-12, -1e-7, 1.1e-5])
# Beyond, the bell is 0 to the last digit; the square of a large number would overflow.
_FAR = 99
_PEAK = 2 / math.sqrt(math.pi)


def _bell(x: Tensor) -> Expression:
    """The slope of erf: 2/√π · exp(−x²)."""
    size = MIN(_FAR, ABS(x))
    return _PEAK * EXP(-size * size)


elementwise(
    "exp",
    (torch.exp, torch.Tensor.exp),
    "The exponential of each element; from 709.8 on it is too large for a spreadsheet.",
    called="exp of {input}",
    forward=("y = eˣ", lambda x: EXP(x)),
    backward=("∂L/∂x = g · y", lambda g, y: g * y),
    forward_words="e to the power of each number: small steps up become large ones.",
    backward_words="The slope of eˣ is eˣ itself, so each gradient is g times the result.",
    also=(Example("of much", torch.exp, torch.tensor([-1000.0, 0.0, 30.0])),),
)
elementwise(
    "log",
    (torch.log, torch.Tensor.log),
    "The natural logarithm of each element.",
    forward=("y = ln x", lambda x: LN(x)),
    backward=("∂L/∂x = g / x", lambda g, x: g / x),
    forward_words="The natural logarithm of each number.",
    backward_words="The slope of ln x is 1 / x, so each gradient is g divided by the number: steep near 0, flat far from it.",
    within=torch.exp,
)
elementwise(
    "log1p",
    (torch.log1p, torch.special.log1p, torch.Tensor.log1p),
    "ln(1 + x), which keeps its digits where x is tiny.",
    forward=("y = ln(1 + x)", lambda x: IF(ABS(x) < _NEAR_0, x - x * x / 2, LN(1 + x))),
    backward=("∂L/∂x = g / (1 + x)", lambda g, x: g / (1 + x)),
    forward_words="The natural logarithm of one more than each number: near 0 almost the number itself.",
    backward_words="The slope is 1 / (1 + x): steep near −1, flat far on the right. Each gradient is g times that.",
    within=torch.expm1,
    also=(Example("tiny", torch.log1p, _TINY),),
)
elementwise(
    "log2",
    (torch.log2, torch.Tensor.log2),
    "The logarithm to base 2 of each element.",
    called="log₂ of {input}",
    forward=("y = ln x / ln 2", lambda x: LN(x) / _LN2),
    backward=("∂L/∂x = g / (x · ln 2)", lambda g, x: g / x / _LN2),
    forward_words="How often 1 must be doubled to get the number.",
    backward_words="The slope is 1 / (x · ln 2): each gradient is g times that.",
    within=torch.exp,
    also=(Example("powers of 2", torch.log2, torch.tensor([0.25, 1, 2, 8, 1024])),),
    cancels=True,
)
elementwise(
    "log10",
    (torch.log10, torch.Tensor.log10),
    "The logarithm to base 10 of each element.",
    called="log₁₀ of {input}",
    forward=("y = log₁₀ x", lambda x: LOG10(x)),
    backward=("∂L/∂x = g / (x · ln 10)", lambda g, x: g / x / _LN10),
    forward_words="Which power of 10 the number is: 2 for 100, −1 for 0.1.",
    backward_words="The slope is 1 / (x · ln 10): each gradient is g times that.",
    within=torch.exp,
    also=(Example("powers of 10", torch.log10, torch.tensor([0.1, 1, 10, 1000])),),
    cancels=True,
)
elementwise(
    "erf",
    (torch.erf, torch.special.erf, torch.Tensor.erf),
    "The error function of each element.",
    forward=("y = erf x = 2/√π · ∫₀ˣ exp(−t²) dt", lambda x: ERF(x)),
    backward=("∂L/∂x = g · 2/√π · exp(−x²)", lambda g, x: g * _bell(x)),
    forward_words="Any number becomes one between −1 and 1: how likely a normal number with spread √½ lies nearer to 0.",
    backward_words="The slope is a bell: highest at 0, almost 0 from 3 on. Each gradient is g times that.",
)
