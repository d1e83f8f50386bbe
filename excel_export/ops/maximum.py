"""maximum and minimum: the larger or the smaller of two tensors, element by element."""

import torch

from excel_export.formulas import Expression, Operand, OperandLike, Tensor, equal, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF, MAX, MIN
from excel_export.ops._numbers import BORDERS, PAIRS, ROW, randn
from excel_export.ops._pairwise import Broadcasting


class _Larger(Broadcasting):
    """The winner of each pair, with broadcasting. Equal elements share the gradient evenly."""

    input: Tensor
    other: Tensor

    backward_words = (
        "Only the winner of a pair decides the result: it gets the gradient, the other gets 0. "
        "Equal numbers share it evenly."
    )

    def wins(self, one: Operand, two: Operand) -> Expression:
        """Whether the first is the winner."""
        raise NotImplementedError

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        return {
            "first": (self.input, "what the first operand gains"),
            "second": (self.other, "what the second operand gains"),
        }

    def gain(self, name: str, y: Tensor) -> Expression:
        one, two = (self.input, self.other) if name == "first" else (self.other, self.input)
        return IF(self.wins(one, two), y.grad, IF(equal(one, two), y.grad / 2, 0))

    @classmethod
    def cases(cls) -> Cases:
        function, method = cls.functions
        yield Example("", function, ROW, -ROW)
        yield Example("ties", method, BORDERS, torch.zeros(1, 4))
        yield Example("broadcast", function, randn(3, 4), randn(1))
        yield Example("broadcast both", method, randn(1, 4), randn(3, 1))
        yield Extreme("", function, *PAIRS, by_element=True, decides=True)


@operator(torch.maximum, torch.Tensor.maximum)
class maximum(_Larger):
    """The larger of each pair. Equal elements share the gradient evenly."""

    called = "larger of {input} and {other}"
    forward_words = "The larger of each pair of numbers."
    forward_math = "y = max(a, b)"
    backward_math = "∂L/∂a = g if a > b, g/2 if a = b, else 0; b alike"

    def wins(self, one: Operand, two: Operand) -> Expression:
        return one > two

    def forward(self, y: Tensor) -> OperandLike:
        return MAX(self.input, self.other)


@operator(torch.minimum, torch.Tensor.minimum)
class minimum(_Larger):
    """The smaller of each pair. Equal elements share the gradient evenly."""

    called = "smaller of {input} and {other}"
    forward_words = "The smaller of each pair of numbers."
    forward_math = "y = min(a, b)"
    backward_math = "∂L/∂a = g if a < b, g/2 if a = b, else 0; b alike"

    def wins(self, one: Operand, two: Operand) -> Expression:
        return one < two

    def forward(self, y: Tensor) -> OperandLike:
        return MIN(self.input, self.other)
