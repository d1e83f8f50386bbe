"""sin, cos, tan and their inverses asin, acos, atan. Angles are in radians."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, ACOS, ASIN, ATAN, COS, IF, SIN, SQRT, TAN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn

_LARGEST = 2**27
"""Excel knows no sine, cosine or tangent from here on."""
# PyTorch's square of larger numbers is infinite.
_ROOT = 1e154
_ANGLES = NUMBERS[NUMBERS.abs() < _LARGEST]
# One engine takes 1 less the next smaller number for 0.
_SINES = NUMBERS[NUMBERS.abs() < 1 - 1e-12]


class _OfAngle(Elementwise):
    """A function of an angle."""

    def check(self) -> str | None:
        if (abs(self.input.data) >= _LARGEST).any():
            return f"Excel has no {self.name} of numbers from {_LARGEST:,} on"
        return None


@operator(torch.sin, torch.Tensor.sin)
class sin(_OfAngle):
    """The sine of each element."""

    forward_words = "The sine: a wave between −1 and 1 that begins anew after each 2π = 6.283."
    backward_words = "The slope of the sine is the cosine: each gradient is g times that."
    forward_math = "y = sin x"
    backward_math = "∂L/∂x = g · cos x"

    def forward(self, y: Tensor) -> OperandLike:
        return SIN(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * COS(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.sin, ROW)
        yield Example("random", lambda x: x.sin(), randn(3, 4) * 9)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.sin, _ANGLES, by_element=True)


@operator(torch.cos, torch.Tensor.cos)
class cos(_OfAngle):
    """The cosine of each element."""

    forward_words = "The cosine: a wave between −1 and 1 that is 1 at 0 and begins anew after each 2π = 6.283."
    backward_words = "The slope of the cosine is minus the sine: each gradient is g times that."
    forward_math = "y = cos x"
    backward_math = "∂L/∂x = −g · sin x"

    def forward(self, y: Tensor) -> OperandLike:
        return COS(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad * SIN(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.cos, ROW)
        yield Example("random", lambda x: x.cos(), randn(3, 4) * 9)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.cos, _ANGLES, by_element=True)


@operator(torch.tan, torch.Tensor.tan)
class tan(_OfAngle):
    """The tangent of each element, sine over cosine."""

    forward_words = "The tangent, sine over cosine: very large near π/2 = 1.571, 0 at 0 and at π."
    backward_words = "The slope of the tangent is 1 + y², steep where y is large: each gradient is g times that."
    forward_math = "y = tan x"
    backward_math = "∂L/∂x = g · (1 + y²)"

    def forward(self, y: Tensor) -> OperandLike:
        return TAN(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * (1 + y * y)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.tan, ROW)
        yield Example("random", lambda x: x.tan(), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.tan, _ANGLES, by_element=True)


@operator(torch.asin, torch.arcsin, torch.Tensor.asin, torch.Tensor.arcsin)
class asin(Elementwise):
    """The angle whose sine is the element, which lies between −1 and 1."""

    forward_words = "The angle, from −π/2 to π/2, that has this number as its sine."
    backward_words = "The slope is 1 at 0 and grows without end towards −1 and 1: each gradient is g times the slope."
    forward_math = "y = arcsin x"
    backward_math = "∂L/∂x = g / √(1 − x²)"

    def forward(self, y: Tensor) -> OperandLike:
        return ASIN(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / SQRT(1 - self.input * self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.asin, ROW * 0.9)
        yield Example("random", lambda x: x.arcsin(), randn(3, 4).tanh())

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.asin, _SINES, by_element=True)


@operator(torch.acos, torch.arccos, torch.Tensor.acos, torch.Tensor.arccos)
class acos(Elementwise):
    """The angle whose cosine is the element, which lies between −1 and 1."""

    forward_words = "The angle, from 0 to π, that has this number as its cosine."
    backward_words = "The slope is −1 at 0 and falls without end towards −1 and 1: each gradient is g times the slope."
    forward_math = "y = arccos x"
    backward_math = "∂L/∂x = −g / √(1 − x²)"

    def forward(self, y: Tensor) -> OperandLike:
        return ACOS(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad / SQRT(1 - self.input * self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.acos, ROW * 0.9)
        yield Example("random", lambda x: x.arccos(), randn(3, 4).tanh())

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.acos, _SINES, by_element=True)


@operator(torch.atan, torch.arctan, torch.Tensor.atan, torch.Tensor.arctan)
class atan(Elementwise):
    """The angle whose tangent is the element."""

    forward_words = "The angle, between −π/2 and π/2, that has this number as its tangent."
    backward_words = "The slope is 1 at 0 and almost 0 far from it: each gradient is g times the slope."
    forward_math = "y = arctan x"
    backward_math = "∂L/∂x = g / (1 + x²)"

    def forward(self, y: Tensor) -> OperandLike:
        return ATAN(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(ABS(self.input) < _ROOT, y.grad / (1 + self.input * self.input), 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.atan, ROW)
        yield Example("random", lambda x: x.arctan(), randn(3, 4) * 3)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.atan, NUMBERS, by_element=True)
