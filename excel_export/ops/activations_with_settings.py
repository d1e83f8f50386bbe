"""Activations that are more than one formula: prelu, whose slope is learned, threshold, hardtanh, and gelu in two ways."""

import math
from collections.abc import Callable
from typing import Any, Self

import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator, reduce
from excel_export.formulas.functions import ABS, AND, EXP, IF, MAX, MIN, NORMSDIST, TANH
from excel_export.formulas.operator import Phrases
from excel_export.ops._elementwise import Elementwise

_SCALE, _CUBIC = math.sqrt(2 / math.pi), 0.044715
# Beyond 99, tanh is ±1 and the density 0 to the last digit; the powers of a large x would overflow.
_FAR = 99


@operator(F.prelu, torch.prelu, torch.Tensor.prelu)
class prelu(Operator):
    """Parametric ReLU: x if x > 0, else w · x, with one weight w, or with C of them, for the channels of (N, C, …)."""

    input: Tensor
    weight: Tensor

    forward_words = "Positive numbers pass unchanged; negative ones are multiplied by a weight that is learned."
    backward_words = (
        "The slope is 1 for positive numbers and the weight for negative ones. "
        "The weight itself gets g times x from each negative number, all added up."
    )
    forward_math = "y = x if x > 0, else w · x"
    backward_math = "∂L/∂x = g if x > 0, else g · w;  ∂L/∂w = Σ (0 if x > 0, else g · x)"

    @property
    def is_by_channel(self) -> bool:
        """True if each channel has a weight of its own, False for a single weight."""
        return self.weight.data.size > 1

    @property
    def _weight(self) -> Expression:
        if not self.is_by_channel:
            return self.weight.cells.reshape()
        return self.weight.cells.reshape(-1, *(1,) * (len(self.input.shape) - 2))

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        gained = Helper(y.shape, "what w gains from each number", lambda: self._gained(y), "backward")
        return {"gained": gained} if self.weight.has_grad else {}

    def _gained(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, 0, y.grad * self.input)

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self._weight * self.input)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, IF(self.input > 0, y.grad, self._weight * y.grad)
        if "gained" in y.helpers:
            gained = y.helpers["gained"]
            if self.is_by_channel:
                rest = [slice(None)] * (len(y.shape) - 2)
                yield self.weight, reduce("SUM", self.weight.shape, lambda c: gained[(slice(None), c, *rest)])
            else:
                yield self.weight, reduce("SUM", self.weight.shape, lambda *_: gained.whole)


@operator(F.hardtanh, F.relu6)
class hardtanh(Elementwise):
    """Numbers cut off at `min_val` and `max_val`; at a bound no gradient passes, unlike clamp. relu6 has 0 and 6."""

    min_val: float = -1.0
    max_val: float = 1.0
    inplace: bool = False

    forward_words = "What is below {min_val} becomes {min_val} and what is above {max_val} becomes {max_val}. The rest passes unchanged."
    forward_math = "y = min(max(x, {min_val}), {max_val})"
    backward_words = "Between the bounds the gradient passes as it is. At them and outside it is 0, as in PyTorch."
    backward_math = "∂L/∂x = g if {min_val} < x < {max_val}, else 0"

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function is F.relu6:
            return cls(args[0], 0, 6)
        return super().bind(function, *args, **kwargs)

    def forward(self, y: Tensor) -> OperandLike:
        return MIN(MAX(self.input, self.min_val), self.max_val)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(AND(self.input > self.min_val, self.input < self.max_val), y.grad, 0)


@operator(F.gelu)
class gelu(Elementwise):
    """Gaussian error linear unit: x · Φ(x), or (approximate='tanh') with a tanh that runs close to Φ."""

    approximate: str = "none"

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
