"""sinh, cosh and tanh, and the inverses of two of them, acosh and atanh."""

import math

import torch
from torch import nn

from excel_export.formulas import ATANH, COSH, IF, LN, SINH, SQRT, TANH, log1p
from excel_export.ops._elementwise import elementwise
from excel_export.ops._numbers import NUMBERS

_FAR = 1e8
"""From here on x² + 1 and x² − 1 are x² to the last digit."""
_ROOT = 1e154
"""The square of larger numbers is infinite."""
_LN2 = math.log(2)
_INSIDE = NUMBERS[NUMBERS.abs() < 1 - 1e-9]


elementwise(
    "sinh",
    (torch.sinh, torch.Tensor.sinh),
    "The hyperbolic sine of each element.",
    forward=("y = sinh x = (eˣ − e⁻ˣ) / 2", lambda x: SINH(x)),
    backward=("∂L/∂x = g · cosh x", lambda g, x: g * COSH(x)),
    forward_words="Half the difference of eˣ and e⁻ˣ: 0 at 0, and very large in both directions.",
    backward_words="The slope is the hyperbolic cosine, at least 1: each gradient is g times that.",
)
elementwise(
    "cosh",
    (torch.cosh, torch.Tensor.cosh),
    "The hyperbolic cosine of each element.",
    forward=("y = cosh x = (eˣ + e⁻ˣ) / 2", lambda x: COSH(x)),
    backward=("∂L/∂x = g · sinh x", lambda g, x: g * SINH(x)),
    forward_words="Half the sum of eˣ and e⁻ˣ: 1 at 0, and very large in both directions, like a hanging chain.",
    backward_words="The slope is the hyperbolic sine: each gradient is g times that.",
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
