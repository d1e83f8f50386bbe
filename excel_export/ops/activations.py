"""Activations of one formula. Those of more are in `activations_with_settings.py`."""

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Tensor, expm1_up_to_0, log1p, logistic
from excel_export.formulas.functions import ABS, EXP, IF, MAX, MIN
from excel_export.ops._elementwise import InPlace, elementwise

ALPHA = 1.6732632423543772848170429916717
"""α of selu, as PyTorch has it: with λ, selu keeps a mean of 0 and a variance of 1 from layer to layer."""
SCALE = 1.0507009873554804934193349852946
"""λ of selu."""
# PyTorch's slope of hardsigmoid is rounded to a float32, even for float64.
_SIXTH = float(np.float32(1 / 6))


_BENT_WORDS = "Positive numbers pass unchanged. Negative ones bend smoothly towards {lowest}."


def _slope_of_celu(x: Tensor, alpha: float) -> Expression:
    # PyTorch rounds alpha to float32 here, and only here: 1.2 becomes 1.2000000476837158.
    rounded = float(np.float32(alpha))
    slope = EXP(MIN(0, x / rounded))
    return slope if rounded == alpha else alpha / rounded * slope


def _times(beta: float, x: Tensor) -> Expression:
    return x.cells if beta == 1 else beta * x


def _over(formula: Expression, beta: float) -> Expression:
    return formula if beta == 1 else formula / beta


elementwise(
    "relu",
    (F.relu, torch.relu, torch.Tensor.relu),
    "Rectified linear unit. At exactly 0 its gradient is 0, as in PyTorch.",
    InPlace,
    forward=("y = max(0, x)", lambda x: MAX(0, x)),
    backward=("∂L/∂x = g if x > 0, else 0", lambda g, y: IF(y > 0, g, 0)),
    forward_words="Positive numbers pass unchanged; negative ones become 0.",
    backward_words="Where the number was positive the slope is 1, and the gradient passes as it is. "
    "Where it was cut off a small nudge changes nothing: its gradient is 0.",
    called="ReLU of {input}",
)
elementwise(
    "sigmoid",
    (torch.sigmoid, torch.special.expit, torch.Tensor.sigmoid),
    "The logistic function. EXP only ever sees numbers up to 0, so it cannot overflow.",
    forward=("y = 1 / (1 + e⁻ˣ)", lambda x: logistic(x)),
    readable=lambda x: 1 / (1 + EXP(-x)),
    backward=("∂L/∂x = g · y · (1 − y)", lambda g, y: g * y * (1 - y)),
    forward_words="Any number becomes one between 0 and 1; 0 becomes 0.5.",
    backward_words="The slope is y · (1 − y): at most 1/4, where y is 0.5, and almost 0 where y is close to 0 or 1. "
    "Little is learned there.",
)
elementwise(
    "logsigmoid",
    (F.logsigmoid,),
    "ln σ(x). EXP only ever sees numbers up to 0, so it cannot overflow.",
    helpers={"exp": ("exp(−|x|)", lambda x: EXP(-ABS(x)))},
    forward=("y = ln(1 / (1 + e⁻ˣ)) = min(0, x) − ln(1 + exp(−|x|))", lambda x, exp: MIN(0, x) - log1p(exp)),
    backward=("∂L/∂x = g · σ(−x)", lambda g, x, exp: g * IF(x > 0, exp, 1) / (1 + exp)),
    forward_words="The logarithm of the sigmoid: almost 0 for large x, almost x itself for very negative x.",
    backward_words="The slope is 1 − σ(x), which is σ(−x): almost 0 for large x, almost 1 for very negative x.",
)
elementwise(
    "silu",
    (F.silu,),
    "Sigmoid linear unit.",
    InPlace,
    helpers={"sigmoid": ("σ(x)", lambda x: logistic(x))},
    forward=("y = x · σ(x),  σ(x) = 1 / (1 + e⁻ˣ)", lambda x, sigmoid: x * sigmoid),
    backward=(
        "∂L/∂x = g · σ(x) · (1 + x · (1 − σ(x)))",
        lambda g, x, sigmoid: g * sigmoid * (1 + x * (1 - sigmoid)),
    ),
    forward_words="Each number times its sigmoid: large positive numbers nearly pass, large negative ones become nearly 0.",
    backward_words="Each gradient is g times the slope of the curve: near 1 for large positive numbers, near 0 for large negative ones.",
)
elementwise(
    "selu",
    (F.selu, torch.selu),
    "Scaled exponential linear unit. At exactly 0 its slope is λα, as in PyTorch.",
    InPlace,
    forward=(
        "y = λ · (x if x > 0, else α · (eˣ − 1)),  λ = 1.0507, α = 1.6733",
        lambda x: IF(x > 0, SCALE * x, SCALE * ALPHA * expm1_up_to_0(x.cells)),
    ),
    backward=(
        "∂L/∂x = g · λ if x > 0, else g · λ · α · eˣ",
        lambda g, x: g * IF(x > 0, SCALE, SCALE * ALPHA * EXP(MIN(0, x))),
    ),
    forward_words="Positive numbers are multiplied by λ = 1.0507. Negative ones bend smoothly towards −λα = −1.7581.",
    backward_words="Where the number is positive the slope is λ. "
    "Where it is negative the slope is λ · α · eˣ, which fades out to the left.",
)
elementwise(
    "hardsigmoid",
    (F.hardsigmoid,),
    "(x + 3) / 6, cut off at 0 and 1. At the corners no gradient passes.",
    InPlace,
    forward=("y = min(max(x + 3, 0), 6) / 6", lambda x: MIN(MAX(x + 3, 0), 6) / 6),
    backward=("∂L/∂x = g / 6 if −3 < x < 3, else 0", lambda g, x: IF(ABS(x) < 3, _SIXTH * g, 0)),
    forward_words="A straight line from 0 at −3 to 1 at 3; further out the result stays 0 or 1.",
    backward_words="Between −3 and 3 the slope is 1/6. Outside a small nudge changes nothing: there it is 0.",
)
elementwise(
    "hardswish",
    (F.hardswish,),
    "X times hardsigmoid(x): 0 up to −3, x from 3 on, a parabola in between.",
    InPlace,
    forward=("y = x · min(max(x + 3, 0), 6) / 6", lambda x: x * MIN(MAX(x + 3, 0), 6) / 6),
    backward=(
        "∂L/∂x = 0 if x ≤ −3, g if x ≥ 3, else g · (x/3 + 1/2)",
        lambda g, x: IF(x <= -3, 0, IF(x >= 3, g, g * (x / 3 + 0.5))),
    ),
    forward_words="Numbers up to −3 become 0, numbers from 3 on pass unchanged; in between lies a parabola.",
    backward_words="The slope is 0 up to −3 and 1 from 3 on. In between it is x/3 + 1/2, the slope of the parabola.",
)
elementwise(
    "leaky_relu",
    (F.leaky_relu,),
    "Leaky rectified linear unit. At exactly 0 its slope is `negative_slope`, as in PyTorch.",
    settings={"negative_slope": 0.01, "inplace": False},
    forward=("y = x if x > 0, else slope · x", lambda x, negative_slope: IF(x > 0, x, negative_slope * x)),
    backward=("∂L/∂x = g if x > 0, else slope · g", lambda g, x, negative_slope: IF(x > 0, g, negative_slope * g)),
    forward_words="Positive numbers pass unchanged; negative ones are multiplied by {negative_slope}.",
    backward_words="Where the number is positive the gradient passes as it is. "
    "Elsewhere the slope is {negative_slope}, and the gradient is multiplied by it.",
)
elementwise(
    "elu",
    (F.elu,),
    "Exponential linear unit. At exactly 0 its slope is `alpha`, as in PyTorch.",
    settings={"alpha": 1.0, "inplace": False},
    forward=("y = x if x > 0, else α · (eˣ − 1)", lambda x, alpha: IF(x > 0, x, alpha * expm1_up_to_0(x.cells))),
    readable=lambda x, alpha: IF(x > 0, x, alpha * (EXP(x) - 1)),
    backward=("∂L/∂x = g if x > 0, else g · α · eˣ", lambda g, x, alpha: IF(x > 0, g, g * alpha * EXP(MIN(0, x)))),
    forward_words=_BENT_WORDS,
    backward_words="Where the number is positive the slope is 1, and the gradient passes as it is. "
    "Where it is negative the slope is α · eˣ, which fades out to the left.",
    pieces=lambda self, y: {"lowest": -self.alpha},
)
elementwise(
    "celu",
    (F.celu, torch.celu),
    "Continuously differentiable exponential linear unit.",
    settings={"alpha": 1.0, "inplace": False},
    forward=(
        "y = x if x > 0, else α · (exp(x/α) − 1)",
        lambda x, alpha: IF(x > 0, x, alpha * expm1_up_to_0(x / alpha)),
    ),
    readable=lambda x, alpha: IF(x > 0, x, alpha * (EXP(x / alpha) - 1)),
    backward=("∂L/∂x = g if x > 0, else g · exp(x/α)", lambda g, x, alpha: IF(x > 0, g, g * _slope_of_celu(x, alpha))),
    forward_words=_BENT_WORDS,
    backward_words="Where the number is positive the slope is 1, and the gradient passes as it is. "
    "Where it is negative the slope is e to the power of x/α, which fades out to the left.",
    pieces=lambda self, y: {"lowest": -self.alpha},
    check=lambda self: None if self.alpha > 0 else "an alpha that is not positive is not supported",
)
elementwise(
    "softplus",
    (F.softplus,),
    "ln(1 + exp(βx)) / β; from β·x > threshold on, x itself.",
    settings={"beta": 1, "threshold": 20},
    helpers={"exp": ("exp(−|βx|)", lambda x, beta: EXP(-ABS(_times(beta, x))))},
    forward=(
        "y = ln(1 + exp(βx)) / β = (max(0, βx) + ln(1 + exp(−|βx|))) / β",
        lambda x, exp, beta, threshold: IF(
            _times(beta, x) > threshold, x, _over(MAX(0, _times(beta, x)) + log1p(exp), beta)
        ),
    ),
    backward=(
        "∂L/∂x = g · σ(βx);  g where βx > threshold",
        lambda g, x, exp, beta, threshold: IF(
            _times(beta, x) > threshold, g, g * (IF(_times(beta, x) > 0, 1, exp) / (1 + exp))
        ),
    ),
    forward_words="A smooth bend instead of a corner at 0: never negative, and almost x itself for large x.",
    backward_words="The slope is the sigmoid of βx: almost 1 for large x, almost 0 for very negative x. "
    "Each gradient is g times that.",
    check=lambda self: "beta 0 is not supported" if self.beta == 0 else None,
)
