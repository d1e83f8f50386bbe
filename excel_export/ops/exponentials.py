"""exp2 and expm1, log2, log10 and log1p. exp and log have files of their own."""

import math

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, EXP, IF, LN, LOG10
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn

_LN2, _LN10 = math.log(2), math.log(10)
_NEAR_0 = 0.00001
"""So near to 0, two terms of a series are exact, and 1 + x has lost digits of x."""


@operator(torch.exp2, torch.special.exp2, torch.Tensor.exp2)
class exp2(Elementwise):
    """2 to the power of each element. Not every engine has powers that are too small for a double, but all have EXP."""

    called = "2^{input}"
    forward_words = "2 to the power of each number: a step of 1 up doubles it."
    backward_words = "The slope of 2ˣ is ln 2 = 0.693 times the result: each gradient is g times that."
    forward_math = "y = 2ˣ = exp(ln 2 · x)"
    backward_math = "∂L/∂x = g · ln 2 · y"

    def forward(self, y: Tensor) -> OperandLike:
        return EXP(_LN2 * self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * _LN2 * y

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.exp2, ROW)
        yield Example("random", lambda x: x.exp2(), randn(3, 4) * 3)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.exp2, NUMBERS, by_element=True)


@operator(torch.expm1, torch.special.expm1, torch.Tensor.expm1)
class expm1(Elementwise):
    """eˣ − 1, which keeps its digits where x is tiny."""

    forward_words = "e to the power of each number, less 1: near 0 almost the number itself."
    backward_words = "The slope is eˣ: each gradient is g times that."
    forward_math = "y = eˣ − 1"
    backward_math = "∂L/∂x = g · eˣ"

    def forward(self, y: Tensor) -> OperandLike:
        x = self.input
        return IF(ABS(x) < _NEAR_0, x + x * x / 2, EXP(x) - 1)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad * EXP(self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.expm1, ROW)
        yield Example("tiny", torch.expm1, torch.tensor([1e-12, -1e-7, 1.1e-5]))
        yield Example("random", lambda x: x.expm1(), randn(3, 4) * 3)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.expm1, NUMBERS, by_element=True, cancels=True)


@operator(torch.log1p, torch.special.log1p, torch.Tensor.log1p)
class log1p(Elementwise):
    """ln(1 + x), which keeps its digits where x is tiny."""

    forward_words = "The natural logarithm of one more than each number: near 0 almost the number itself."
    backward_words = "The slope is 1 / (1 + x): steep near −1, flat far on the right. Each gradient is g times that."
    forward_math = "y = ln(1 + x)"
    backward_math = "∂L/∂x = g / (1 + x)"

    def forward(self, y: Tensor) -> OperandLike:
        x = self.input
        return IF(ABS(x) < _NEAR_0, x - x * x / 2, LN(1 + x))

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / (1 + self.input)

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.log1p, ROW * 0.9)
        yield Example("tiny", torch.log1p, torch.tensor([1e-12, -1e-7, 1.1e-5]))
        yield Example("random", lambda x: x.log1p(), randn(3, 4).abs() * 3)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.log1p, NUMBERS, by_element=True)


@operator(torch.log2, torch.Tensor.log2)
class log2(Elementwise):
    """The logarithm to base 2 of each element."""

    called = "log₂ of {input}"
    forward_words = "How often 1 must be doubled to get the number."
    backward_words = "The slope is 1 / (x · ln 2): each gradient is g times that."
    forward_math = "y = ln x / ln 2"
    backward_math = "∂L/∂x = g / (x · ln 2)"

    def forward(self, y: Tensor) -> OperandLike:
        return LN(self.input) / _LN2

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / self.input / _LN2

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.log2, ROW + 2)
        yield Example("powers of 2", lambda x: x.log2(), torch.tensor([0.25, 1, 2, 8, 1024]))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.log2, NUMBERS, by_element=True, cancels=True)


@operator(torch.log10, torch.Tensor.log10)
class log10(Elementwise):
    """The logarithm to base 10 of each element."""

    called = "log₁₀ of {input}"
    forward_words = "Which power of 10 the number is: 2 for 100, −1 for 0.1."
    backward_words = "The slope is 1 / (x · ln 10): each gradient is g times that."
    forward_math = "y = log₁₀ x"
    backward_math = "∂L/∂x = g / (x · ln 10)"

    def forward(self, y: Tensor) -> OperandLike:
        return LOG10(self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad / self.input / _LN10

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.log10, ROW + 2)
        yield Example("powers of 10", lambda x: x.log10(), torch.tensor([0.1, 1, 10, 1000]))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.log10, NUMBERS, by_element=True, cancels=True)
