"""div: the quotient of two tensors, or of a tensor and a number."""

import torch

from excel_export.formulas import Gradients, Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._numbers import PAIRS, ROW, randn
from excel_export.ops._pairwise import Pairwise, gain_helpers


@operator(torch.div, torch.divide, torch.true_divide, torch.Tensor.div, torch.Tensor.divide, torch.Tensor.true_divide)
class div(Pairwise):
    """The quotient, with broadcasting."""

    rounding_mode: str | None = None

    called = "{input} / {other}"
    forward_words = "The first number is divided by the second."
    backward_words = "What is divided by a number passes its gradient back divided by the same number."
    forward_math = "y = a / b"
    backward_math = "∂L/∂a = g / b,  ∂L/∂b = −g · y / b"

    def check(self) -> str | None:
        return "rounding_mode is not supported" if self.rounding_mode is not None else None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return gain_helpers(y, {"quotient": (self.input, "g / b")}, lambda _: y.grad / self.other)

    def forward(self, y: Tensor) -> OperandLike:
        return self.input / self.other

    def backward(self, y: Tensor) -> Gradients:
        if y.helpers:
            yield self.input, unbroadcast(self.input, y.helpers["quotient"])
        else:
            yield self.input, y.grad / self.other
        if isinstance(self.other, Tensor):
            yield self.other, -unbroadcast(self.other, y.grad, y) / self.other

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x, y: x / y, ROW, ROW + 3)
        yield Example("random", lambda x, y: x / y, randn(3, 4), randn(3, 4) + 3)
        yield Example("broadcast", lambda x, y: x / y, randn(3, 4), randn(1, 4) + 3)
        yield Example("broadcast first", torch.div, randn(4), randn(3, 4) + 4)
        yield Example("broadcast over hundreds", lambda x, y: x / y, randn(40, 15), torch.tensor([2.5]))
        yield Example("number", lambda x: x / -3, randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", torch.div, *PAIRS, by_element=True)
