"""exp, logarithms and erf; sin, cos, acos, atan, and atan2, the angle of a point, in radians; tanh, acosh and atanh."""

import math

import torch

from excel_export.formulas import MIN, SIN, SQRT, TANH, Expression, OperandLike, Tensor, equal, log1p, operator
from excel_export.formulas.functions import ABS, ACOS, AND, ATAN, ATAN2, ATANH, COS, ERF, EXP, IF, LN, LOG10
from excel_export.ops._elementwise import Broadcasting, Elementwise, elementwise

_LN2, _LN10 = math.log(2), math.log(10)
_NEAR_0 = 0.00001
"""Below this size, two terms of a series are exact, and 1 + x has lost digits of x."""
# Beyond, the bell is 0 to the last digit; the square of a large number would overflow.
_FAR = 99
_PEAK = 2 / math.sqrt(math.pi)


def _bell(x: Tensor) -> Expression:
    """The slope of erf: 2/√π · exp(−x²)."""
    size = MIN(_FAR, ABS(x))
    return _PEAK * EXP(-size * size)


_LARGEST = 2**27
"""Excel knows no sine or cosine from here on."""
_ROOT = 1e154
"""The square of larger numbers is infinite."""

_HUGE = 1e8
"""From here on x² + 1 and x² − 1 are x² to the last digit."""


elementwise(
    "exp",
    (torch.exp, torch.Tensor.exp),
    "The exponential of each element; from 709.8 on it is too large for a spreadsheet.",
    called="exp of {input}",
    forward=("y = eˣ", lambda x: EXP(x)),
    backward=("∂L/∂x = g · y", lambda g, y: g * y),
    forward_words="e to the power of each number: small steps up become large ones.",
    backward_words="The slope of eˣ is eˣ itself, so each gradient is g times the result.",
)
elementwise(
    "log",
    (torch.log, torch.Tensor.log),
    "The natural logarithm of each element.",
    forward=("y = ln x", lambda x: LN(x)),
    backward=("∂L/∂x = g / x", lambda g, x: g / x),
    forward_words="The natural logarithm of each number.",
    backward_words="The slope of ln x is 1 / x, so each gradient is g divided by the number: steep near 0, flat far from it.",
)
elementwise(
    "log1p",
    (torch.log1p, torch.special.log1p, torch.Tensor.log1p),
    "ln(1 + x), which keeps its digits where x is tiny.",
    forward=("y = ln(1 + x)", lambda x: IF(ABS(x) < _NEAR_0, x - x * x / 2, LN(1 + x))),
    backward=("∂L/∂x = g / (1 + x)", lambda g, x: g / (1 + x)),
    forward_words="The natural logarithm of one more than each number: near 0 almost the number itself.",
    backward_words="The slope is 1 / (1 + x): steep near −1, flat far on the right. Each gradient is g times that.",
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


class _OfAngle(Elementwise):
    """A function of an angle."""

    def check(self) -> str | None:
        if (abs(self.input.data) >= _LARGEST).any():
            return f"Excel has no {self.name} of numbers from {_LARGEST:,} on"
        return None


elementwise(
    "sin",
    (torch.sin, torch.Tensor.sin),
    "The sine of each element.",
    _OfAngle,
    forward=("y = sin x", lambda x: SIN(x)),
    backward=("∂L/∂x = g · cos x", lambda g, x: g * COS(x)),
    forward_words="The sine: a wave between −1 and 1 that begins anew after each 2π = 6.283.",
    backward_words="The slope of the sine is the cosine: each gradient is g times that.",
)
elementwise(
    "cos",
    (torch.cos, torch.Tensor.cos),
    "The cosine of each element.",
    _OfAngle,
    forward=("y = cos x", lambda x: COS(x)),
    backward=("∂L/∂x = −g · sin x", lambda g, x: -g * SIN(x)),
    forward_words="The cosine: a wave between −1 and 1 that is 1 at 0 and begins anew after each 2π = 6.283.",
    backward_words="The slope of the cosine is minus the sine: each gradient is g times that.",
)
elementwise(
    "acos",
    (torch.acos, torch.arccos, torch.Tensor.acos, torch.Tensor.arccos),
    "The angle whose cosine is the element, which lies between −1 and 1.",
    forward=("y = arccos x", lambda x: ACOS(x)),
    backward=("∂L/∂x = −g / √(1 − x²)", lambda g, x: -g / SQRT(1 - x * x)),
    forward_words="The angle, from 0 to π, that has this number as its cosine.",
    backward_words="The slope is −1 at 0 and falls without end towards −1 and 1: each gradient is g times the slope.",
)
elementwise(
    "atan",
    (torch.atan, torch.arctan, torch.Tensor.atan, torch.Tensor.arctan),
    "The angle whose tangent is the element.",
    forward=("y = arctan x", lambda x: ATAN(x)),
    backward=("∂L/∂x = g / (1 + x²)", lambda g, x: IF(ABS(x) < _ROOT, g / (1 + x * x), 0)),
    forward_words="The angle, between −π/2 and π/2, that has this number as its tangent.",
    backward_words="The slope is 1 at 0 and almost 0 far from it: each gradient is g times the slope.",
)
elementwise(
    "tanh",
    (torch.tanh, torch.Tensor.tanh),
    "The hyperbolic tangent of each element.",
    forward=("y = tanh x", lambda x: TANH(x)),
    backward=("∂L/∂x = g · (1 − y²)", lambda g, y: g * (1 - y * y)),
    forward_words="Any number becomes one between −1 and 1; 0 stays 0.",
    backward_words="The slope is 1 − y²: 1 where y is 0, and almost 0 where y is close to −1 or 1. "
    "Little is learned there.",
)
elementwise(
    "acosh",
    (torch.acosh, torch.arccosh, torch.Tensor.acosh, torch.Tensor.arccosh),
    "The inverse of cosh, for numbers from 1 on.",
    helpers={
        "less_1": ("x + √(x² − 1) − 1", lambda x: IF(x < _HUGE, x - 1 + SQRT(x - 1) * SQRT(x + 1), 0)),
    },
    forward=("y = arcosh x = ln(x + √(x² − 1))", lambda x, less_1: IF(x < _HUGE, log1p(less_1), LN(x) + _LN2)),
    backward=("∂L/∂x = g / √(x² − 1)", lambda g, x: IF(x < _ROOT, g / SQRT(x * x - 1), 0)),
    forward_words="The number, from 0 on, that has this one as its hyperbolic cosine.",
    backward_words="The slope is very steep near 1 and falls from there: each gradient is g times the slope.",
)
elementwise(
    "atanh",
    (torch.atanh, torch.arctanh, torch.Tensor.atanh, torch.Tensor.arctanh),
    "The inverse of tanh, for numbers between −1 and 1.",
    forward=("y = artanh x = ln((1 + x) / (1 − x)) / 2", lambda x: ATANH(x)),
    backward=("∂L/∂x = g / (1 − x²)", lambda g, x: g / (1 - x * x)),
    forward_words="The number that has this one as its tanh: 0 at 0, and beyond all bounds towards −1 and 1.",
    backward_words="The slope is 1 at 0 and grows without end towards −1 and 1: each gradient is g times the slope.",
)


@operator(torch.atan2, torch.arctan2, torch.Tensor.atan2, torch.Tensor.arctan2)
class atan2(Broadcasting):
    """The angle of the point (other, input), from −π to π, with broadcasting. The point (0, 0) has the angle 0."""

    input: Tensor
    other: Tensor

    called = "angle of ({other}, {input})"
    forward_words = "The angle at which one sees a point: the first number is how high it is, the second how far right."
    backward_words = "The further away the point, the less a nudge turns the angle: slopes shrink with the distance."
    forward_math = "y = the angle of the point (b, a)"
    backward_math = "∂L/∂a = g · b / (a² + b²),  ∂L/∂b = −g · a / (a² + b²)"

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        return {"first": (self.input, "what a gains"), "second": (self.other, "what b gains")}

    def gain(self, name: str, y: Tensor) -> Expression:
        a, b = self.input, self.other
        over = y.grad * b if name == "first" else -y.grad * a
        return IF(AND(equal(a, 0), equal(b, 0)), 0, over / (a * a + b * b))

    def forward(self, y: Tensor) -> OperandLike:
        # A spreadsheet takes the two in the other order.
        return IF(AND(equal(self.input, 0), equal(self.other, 0)), 0, ATAN2(self.other, self.input))
