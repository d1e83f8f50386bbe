"""Smooth activations with settings."""

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Cases, Example, Expression, Extreme, Helper, OperandLike, Tensor, operator
from excel_export.formulas.functions import ABS, EXP, IF, MAX, MIN, NORMSDIST, TANH
from excel_export.formulas.idioms import expm1_up_to_0, log1p
from excel_export.formulas.operator import Phrases
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, randn

_SCALE, _CUBIC = math.sqrt(2 / math.pi), 0.044715
# Beyond 99, tanh is ±1 and the density 0 to the last digit; the powers of a large x would overflow.
_FAR = 99


class _Bent(Elementwise):
    """A function that leaves positive numbers alone; towards the left, it bends to −α."""

    alpha: float = 1.0
    inplace: bool = False

    decides = True

    forward_words = "Positive numbers pass unchanged. Negative ones bend smoothly towards {lowest}."

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"lowest": -self.alpha}

    @classmethod
    def cases(cls) -> Cases:
        function = cls.functions[0]
        yield from super().cases()
        yield Example("another alpha", lambda x: function(x, 1.5), randn(3, 4))
        yield Example("saturated", lambda x: function(x, 0.7), FAR)
        yield Extreme("another alpha", lambda x: function(x, 1.5), NUMBERS, by_element=True, decides=True)


@operator(F.elu)
class elu(_Bent):
    """Exponential linear unit. At exactly 0 its slope is `alpha`, as in PyTorch."""

    forward_math = "y = x if x > 0, else α · (eˣ − 1)"
    backward_math = "∂L/∂x = g if x > 0, else g · α · eˣ"
    backward_words = (
        "Where the number is positive the slope is 1, and the gradient passes as it is. "
        "Where it is negative the slope is α · eˣ, which fades out to the left."
    )

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self.alpha * expm1_up_to_0(self.input.cells))

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, y.grad, y.grad * self.alpha * EXP(MIN(0, self.input)))


@operator(F.celu, torch.celu)
class celu(_Bent):
    """Continuously differentiable exponential linear unit."""

    forward_math = "y = x if x > 0, else α · (exp(x/α) − 1)"
    backward_math = "∂L/∂x = g if x > 0, else g · exp(x/α)"
    backward_words = (
        "Where the number is positive the slope is 1, and the gradient passes as it is. "
        "Where it is negative the slope is e to the power of x/α, which fades out to the left."
    )

    def check(self) -> str | None:
        return None if self.alpha > 0 else "an alpha that is not positive is not supported"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self.alpha * expm1_up_to_0(self.input / self.alpha))

    def gradient(self, y: Tensor) -> OperandLike:
        # PyTorch rounds alpha to float32 here, and only here: 1.2 becomes 1.2000000476837158.
        rounded = float(np.float32(self.alpha))
        slope = EXP(MIN(0, self.input / rounded))
        if rounded != self.alpha:
            slope = self.alpha / rounded * slope
        return IF(self.input > 0, y.grad, y.grad * slope)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("an alpha that float32 rounds", nn.CELU(1.2), -randn(3, 4).abs())


@operator(F.softplus)
class softplus(Elementwise):
    """ln(1 + exp(βx)) / β; from β·x > threshold on, x itself."""

    beta: float = 1
    threshold: float = 20

    forward_math = "y = ln(1 + exp(βx)) / β = (max(0, βx) + ln(1 + exp(−|βx|))) / β"
    forward_words = "A smooth bend instead of a corner at 0: never negative, and almost x itself for large x."
    backward_math = "∂L/∂x = g · σ(βx);  g where βx > threshold"
    backward_words = (
        "The slope is the sigmoid of βx: almost 1 for large x, almost 0 for very negative x. "
        "Each gradient is g times that."
    )

    def check(self) -> str | None:
        return "beta 0 is not supported" if self.beta == 0 else None

    @property
    def scaled(self) -> Expression:
        """β times x."""
        return self.input.cells if self.beta == 1 else self.beta * self.input

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {"exp": Helper(y.shape, "exp(−|βx|)", lambda: EXP(-ABS(self.scaled)))}

    def forward(self, y: Tensor) -> OperandLike:
        log = MAX(0, self.scaled) + log1p(y.helpers["exp"])
        return IF(self.scaled > self.threshold, self.input, log if self.beta == 1 else log / self.beta)

    def gradient(self, y: Tensor) -> OperandLike:
        exp = y.helpers["exp"]
        sigmoid = IF(self.scaled > 0, 1, exp) / (1 + exp)
        return IF(self.scaled > self.threshold, y.grad, y.grad * sigmoid)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("saturated", nn.Softplus(), FAR)
        yield Example("beta and threshold", nn.Softplus(beta=2.5, threshold=3), FAR)
        yield Example("threshold", lambda x: F.softplus(x, threshold=1), randn(3, 4))
        yield Extreme("beta", nn.Softplus(3, 1), NUMBERS, by_element=True)


@operator(F.gelu)
class gelu(Elementwise):
    """Gaussian error linear unit, exact or (approximate='tanh') by a tanh that runs close to it."""

    approximate: str = "none"

    cancels = True
    forward_words = (
        "Large positive numbers nearly pass, large negative ones become nearly 0; in between lies a smooth bend."
    )
    forward_math = "y = x · Φ(x)"
    backward_words = "Each gradient is g times the slope of the curve: near 1 for large positive numbers, near 0 for large negative ones."
    backward_math = "∂L/∂x = g · (Φ(x) + x · φ(x))"
    phrases = (
        Phrases(
            lambda self, y: self.approximate != "none",
            forward_math="y = x/2 · (1 + tanh u),  u = √(2/π) · (x + 0.044715 x³)",
            backward_math="∂L/∂x = g/2 · (1 + tanh u + x · (1 − tanh² u) · u′)",
        ),
    )

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

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("saturated", nn.GELU(), FAR)
        yield Example("tanh", lambda x: F.gelu(x, approximate="tanh"), randn(3, 4) * 3)
        yield Example("tanh saturated", nn.GELU("tanh"), FAR)
        yield Extreme("tanh", nn.GELU("tanh"), NUMBERS, by_element=True, cancels=True)
