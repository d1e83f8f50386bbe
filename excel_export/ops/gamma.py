"""lgamma and digamma: the logarithm of the gamma function, and its slope."""

import math

import torch

from excel_export.formulas import ABS, GAMMALN, IF, INT, LN, SIN, TAN, Example, Expression, OperandLike, Tensor
from excel_export.ops._elementwise import elementwise

_STEPS = 8
"""So far a number is moved to the right, where few terms of the series are enough for all digits."""
_BELOW = torch.tensor([-0.5, -1.25, -7.75])
"""Where the gamma function is known by its mirror image only."""
_SIZES = torch.tensor([1e-9, 1e-3, 0.9, 1.1, 1.5, 2.2, 3.7, 20.0, 171.5, 1e4, -0.3, -1e-3, -2.5, -20.25])
"""Not 1 and 2, where lgamma is 0: not every engine has more digits there than those of a number near 1."""


def _mirrored(x: Tensor) -> Expression:
    """The number itself, or its mirror image on the other side of 1/2: there the series holds."""
    return IF(x > 0, x, 1 - x)


def _angle(x: Tensor) -> OperandLike:
    """π times what is behind the point: of a large number, sin and tan would keep no digit."""
    return math.pi * (x - INT(x))


def _series(r: Tensor, coefficients: tuple[float, ...]) -> Expression:
    """The sum of c₁ r², c₂ r⁴, …, by Horner's rule."""
    total: OperandLike = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = coefficient + r * r * total
    return r * r * total


def _digamma(side: Tensor, r: Tensor) -> OperandLike:
    """ln(z) − 1/(2z) − 1/(12 z²) + …, of z = x + 8, and what the eight steps back to x take away."""
    moved = -LN(r) - r / 2 - _series(r, (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760))
    for k in range(_STEPS):
        moved = moved - 1 / (side + k)
    return moved


def _trigamma(side: Tensor, r: Tensor) -> OperandLike:
    """1/z + 1/(2 z²) + 1/(6 z³) − …, of z = x + 8, and what the eight steps back to x add."""
    moved = r + r * r / 2 + r * _series(r, (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730))
    for k in range(_STEPS):
        moved = moved + 1 / (side + k) / (side + k)
    return moved


_HELPERS = {
    "side": ("x where it is above 0, else 1 − x", _mirrored),
    "r": ("1 / (x + 8), or 1 / (9 − x)", lambda x: 1 / (_mirrored(x) + _STEPS)),
}
elementwise(
    "lgamma",
    (torch.lgamma, torch.special.gammaln, torch.Tensor.lgamma),
    "The logarithm of the gamma function, which continues the factorials: of n it is ln((n − 1)!).",
    helpers=_HELPERS,
    forward=(
        "y = ln |Γ(x)|",
        lambda x, side: IF(x > 0, GAMMALN(side), LN(math.pi / ABS(SIN(_angle(x)))) - GAMMALN(side)),
    ),
    backward=(
        "∂L/∂x = g · ψ(x)",
        lambda g, x, side, r: g * (_digamma(side, r) - IF(x > 0, 0, math.pi / TAN(_angle(x)))),
    ),
    forward_words="It continues the factorials: for a whole number n it is the logarithm of 1 · 2 · … · (n − 1).",
    backward_words="The slope is the digamma function, almost ln(x) for large numbers: each gradient is g times that.",
    within=lambda x: x.abs() + 0.25,
    numbers=_SIZES,
    also=(Example("below zero", torch.lgamma, _BELOW),),
    cancels=True,
)
elementwise(
    "digamma",
    (torch.digamma, torch.special.digamma, torch.special.psi, torch.Tensor.digamma),
    "The slope of lgamma, by the series for large numbers, to which it is moved in eight steps.",
    helpers=_HELPERS,
    forward=(
        "y = ψ(x) = ∂ ln Γ(x) / ∂x",
        lambda x, side, r: _digamma(side, r) - IF(x > 0, 0, math.pi / TAN(_angle(x))),
    ),
    backward=(
        "∂L/∂x = g · ψ′(x)",
        lambda g, x, side, r: (
            g * IF(x > 0, _trigamma(side, r), math.pi**2 / SIN(_angle(x)) / SIN(_angle(x)) - _trigamma(side, r))
        ),
    ),
    forward_words="The slope of the logarithm of the gamma function: almost ln(x) for large numbers.",
    backward_words="The slope is the trigamma function, almost 1/x for large numbers: each gradient is g times that.",
    within=lambda x: x.abs() + 0.25,
    numbers=_SIZES,
    also=(Example("below zero", torch.digamma, _BELOW),),
    cancels=True,
)
