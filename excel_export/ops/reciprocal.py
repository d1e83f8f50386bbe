"""reciprocal: one divided by the input, as in 1 / x."""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.reciprocal, torch.Tensor.reciprocal)
class reciprocal(Elementwise):
    """The reciprocal of each element."""

    called = "1 / {input}"
    forward_words = "1 divided by each number."
    backward_words = (
        "The slope of 1 / x is −1 / x²: when the number grows, the result falls. Each gradient is g times that."
    )
    forward_math = "y = 1 / x"
    backward_math = "∂L/∂x = −g · y²"

    def forward(self, y: Tensor) -> OperandLike:
        return 1 / self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return -y.grad * y * y

    @staticmethod
    def examples() -> Examples:
        yield Example("", torch.reciprocal, ROW + 3)
        yield Example("random", lambda x: x.reciprocal(), randn(3, 4) + 4)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.reciprocal, NUMBERS, by_element=True)
