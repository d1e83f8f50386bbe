"""sin, cos, acos, atan, and atan2, the angle of a point, in radians; and the hyperbolic tanh, acosh and atanh."""

import math

import torch
from torch import nn

from excel_export.formulas import Expression, OperandLike, Tensor, equal, log1p, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import ABS, ACOS, AND, ATAN, ATAN2, ATANH, COS, IF, LN, SIN, SQRT, TANH
from excel_export.ops._elementwise import Broadcasting, Elementwise, elementwise
from excel_export.ops._numbers import NUMBERS, ROW, doubles, randn

_LARGEST = 2**27
"""Excel knows no sine or cosine from here on."""
_ROOT = 1e154
"""The square of larger numbers is infinite."""
# One engine takes 1 less the next smaller number for 0.
_SINES = NUMBERS[NUMBERS.abs() < 1 - 1e-12]

_FEW = doubles(1e-150, 1e-8, 0.5, 700, 1e150)
_PAIRS = torch.cartesian_prod(torch.cat((_FEW, -_FEW)), torch.cat((_FEW, -_FEW))).T
_FAR = 1e8
"""From here on x² + 1 and x² − 1 are x² to the last digit."""
_LN2 = math.log(2)
_INSIDE = NUMBERS[NUMBERS.abs() < 1 - 1e-9]


class _OfAngle(Elementwise):
    """A function of an angle."""

    numbers = NUMBERS[NUMBERS.abs() < _LARGEST]

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
    within=lambda x: 3 * x,
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
    within=lambda x: 3 * x,
)
elementwise(
    "acos",
    (torch.acos, torch.arccos, torch.Tensor.acos, torch.Tensor.arccos),
    "The angle whose cosine is the element, which lies between −1 and 1.",
    forward=("y = arccos x", lambda x: ACOS(x)),
    backward=("∂L/∂x = −g / √(1 − x²)", lambda g, x: -g / SQRT(1 - x * x)),
    forward_words="The angle, from 0 to π, that has this number as its cosine.",
    backward_words="The slope is −1 at 0 and falls without end towards −1 and 1: each gradient is g times the slope.",
    within=torch.tanh,
    numbers=_SINES,
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
    "There little is learned.",
    module=nn.Tanh,
    cancels=True,
)
elementwise(
    "acosh",
    (torch.acosh, torch.arccosh, torch.Tensor.acosh, torch.Tensor.arccosh),
    "The inverse of cosh, for numbers from 1 on.",
    helpers={
        "less_1": ("x + √(x² − 1) − 1", lambda x: IF(x < _FAR, x - 1 + SQRT(x - 1) * SQRT(x + 1), 0)),
    },
    forward=("y = arcosh x = ln(x + √(x² − 1))", lambda x, less_1: IF(x < _FAR, log1p(less_1), LN(x) + _LN2)),
    backward=("∂L/∂x = g / √(x² − 1)", lambda g, x: IF(x < _ROOT, g / SQRT(x * x - 1), 0)),
    forward_words="The number, from 0 on, that has this one as its hyperbolic cosine.",
    backward_words="The slope is very steep near 1 and falls from there: each gradient is g times the slope.",
    within=lambda x: x.exp() + 1,
)
elementwise(
    "atanh",
    (torch.atanh, torch.arctanh, torch.Tensor.atanh, torch.Tensor.arctanh),
    "The inverse of tanh, for numbers between −1 and 1.",
    forward=("y = artanh x = ln((1 + x) / (1 − x)) / 2", lambda x: ATANH(x)),
    backward=("∂L/∂x = g / (1 − x²)", lambda g, x: g / (1 - x * x)),
    forward_words="The number that has this one as its tanh: 0 at 0, and beyond all bounds towards −1 and 1.",
    backward_words="The slope is 1 at 0 and grows without end towards −1 and 1: each gradient is g times the slope.",
    within=torch.tanh,
    numbers=_INSIDE,
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

    @classmethod
    def cases(cls) -> Cases:
        corners = torch.tensor([[0.0, 1, -1]])
        yield Example("", torch.atan2, ROW, ROW + 0.5)
        yield Example("all sides, and the middle", torch.atan2, corners, corners.T)
        yield Example("broadcast", lambda x, y: x.atan2(y), randn(3, 4), randn(4))
        yield Extreme("", torch.atan2, *_PAIRS, by_element=True, decides=True)
