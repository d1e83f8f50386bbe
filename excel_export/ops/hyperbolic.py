"""sinh and cosh, and the inverses asinh, acosh, atanh. tanh has a file of its own."""

import math

import torch

from excel_export.formulas import Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, ATANH, COSH, IF, LN, SIGN, SINH, SQRT
from excel_export.formulas.idioms import log1p
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn

_FAR = 1e8
"""From here on x² + 1 and x² − 1 are x² to the last digit."""
_ROOT = 1e154
"""The square of larger numbers is infinite."""
_LN2 = math.log(2)
_INSIDE = NUMBERS[NUMBERS.abs() < 1 - 1e-9]
_FROM_ONE = NUMBERS[NUMBERS >= 1]


@operator(torch.sinh, torch.Tensor.sinh)
class sinh(Elementwise):
    """The hyperbolic sine of each element."""

    forward_words = "Half the difference of eˣ and e⁻ˣ: 0 at 0, and very large in both directions."
    backward_words = "The slope is the hyperbolic cosine, at least 1: each gradient is g times that."
    forward_math = "y = sinh x = (eˣ − e⁻ˣ) / 2"
    backward_math = "∂L/∂x = g · cosh x"

    def forward(self, y: Tensor) -> OperandLike:
        return SINH(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * COSH(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.sinh, ROW)
        yield Example("random", lambda x: x.sinh(), randn(3, 4) * 2)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.sinh, NUMBERS, by_element=True)


@operator(torch.cosh, torch.Tensor.cosh)
class cosh(Elementwise):
    """The hyperbolic cosine of each element."""

    forward_words = "Half the sum of eˣ and e⁻ˣ: 1 at 0, and very large in both directions, like a hanging chain."
    backward_words = "The slope is the hyperbolic sine: each gradient is g times that."
    forward_math = "y = cosh x = (eˣ + e⁻ˣ) / 2"
    backward_math = "∂L/∂x = g · sinh x"

    def forward(self, y: Tensor) -> OperandLike:
        return COSH(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * SINH(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.cosh, ROW)
        yield Example("random", lambda x: x.cosh(), randn(3, 4) * 2)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.cosh, NUMBERS, by_element=True)


@operator(torch.asinh, torch.arcsinh, torch.Tensor.asinh, torch.Tensor.arcsinh)
class asinh(Elementwise):
    """The inverse of sinh. Not every engine's ASINH keeps the digits of small numbers, so it is made of LN."""

    forward_words = "The number that has this one as its hyperbolic sine: like x near 0, like a logarithm far from it."
    backward_words = "The slope is 1 at 0 and falls slowly to both sides: each gradient is g times the slope."
    forward_math = "y = arsinh x = ln(x + √(x² + 1))"
    backward_math = "∂L/∂x = g / √(x² + 1)"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {"less_1": Helper(y.shape, "|x| + √(x² + 1) − 1", self._less_1)}

    def _less_1(self) -> OperandLike:
        size = ABS(self.input)
        return IF(size < _FAR, size + size * size / (1 + SQRT(1 + size * size)), 0)

    def forward(self, y: Tensor) -> OperandLike:
        size = ABS(self.input)
        return SIGN(self.input) * IF(size < _FAR, log1p(y.helpers["less_1"]), LN(size) + _LN2)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(ABS(self.input) < _ROOT, y.grad / SQRT(self.input * self.input + 1), 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.asinh, ROW)
        yield Example("random", lambda x: x.arcsinh(), randn(3, 4) * 3)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.asinh, NUMBERS, by_element=True)


@operator(torch.acosh, torch.arccosh, torch.Tensor.acosh, torch.Tensor.arccosh)
class acosh(Elementwise):
    """The inverse of cosh, for numbers from 1 on."""

    forward_words = "The number, from 0 on, that has this one as its hyperbolic cosine."
    backward_words = "The slope is very steep near 1 and falls from there: each gradient is g times the slope."
    forward_math = "y = arcosh x = ln(x + √(x² − 1))"
    backward_math = "∂L/∂x = g / √(x² − 1)"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {"less_1": Helper(y.shape, "x + √(x² − 1) − 1", self._less_1)}

    def _less_1(self) -> OperandLike:
        over_1 = self.input - 1
        return IF(self.input < _FAR, over_1 + SQRT(over_1) * SQRT(self.input + 1), 0)

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input < _FAR, log1p(y.helpers["less_1"]), LN(self.input) + _LN2)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input < _ROOT, y.grad / SQRT(self.input * self.input - 1), 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.acosh, ROW + 2.5)
        yield Example("random", lambda x: x.arccosh(), randn(3, 4).exp() + 1)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.acosh, _FROM_ONE, by_element=True)


@operator(torch.atanh, torch.arctanh, torch.Tensor.atanh, torch.Tensor.arctanh)
class atanh(Elementwise):
    """The inverse of tanh, for numbers between −1 and 1."""

    forward_words = "The number that has this one as its tanh: 0 at 0, and beyond all bounds towards −1 and 1."
    backward_words = "The slope is 1 at 0 and grows without end towards −1 and 1: each gradient is g times the slope."
    forward_math = "y = artanh x = ln((1 + x) / (1 − x)) / 2"
    backward_math = "∂L/∂x = g / (1 − x²)"

    def forward(self, y: Tensor) -> OperandLike:
        return ATANH(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / (1 - self.input * self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.atanh, ROW * 0.9)
        yield Example("random", lambda x: x.arctanh(), randn(3, 4).tanh())

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.atanh, _INSIDE, by_element=True)
