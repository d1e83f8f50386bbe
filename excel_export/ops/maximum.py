"""maximum and minimum: the larger or the smaller of two tensors, element by element."""

import torch

from excel_export.formulas import Expression, Gradients, Helper, Operand, OperandLike, Operator, Tensor, equal, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF, MAX, MIN
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._numbers import BORDERS, PAIRS, ROW, randn
from excel_export.ops._pairwise import gain_helpers


class _Larger(Operator):
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

    def _gains(self, y: Tensor) -> dict[str, tuple[Tensor, Expression]]:
        pairs = {"first": (self.input, self.other), "second": (self.other, self.input)}
        return {
            name: (one, IF(self.wins(one, two), y.grad, IF(equal(one, two), y.grad / 2, 0)))
            for name, (one, two) in pairs.items()
        }

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        operands = {"first": self.input, "second": self.other}
        words = {name: (x, f"what the {name} operand gains") for name, x in operands.items()}
        return gain_helpers(y, words, lambda name: self._gains(y)[name][1])

    def backward(self, y: Tensor) -> Gradients:
        for name, (x, gain) in self._gains(y).items():
            yield x, unbroadcast(x, y.helpers[name]) if name in y.helpers else gain


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

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", torch.maximum, ROW, -ROW)
        yield Example("ties", torch.maximum, BORDERS, torch.zeros(1, 4))
        yield Example("broadcast", torch.maximum, randn(3, 4), randn(1))
        yield Extreme("", torch.maximum, *PAIRS, by_element=True, decides=True)


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

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", torch.minimum, ROW, -ROW)
        yield Example("broadcast", torch.minimum, randn(1, 4), randn(3, 1))
        yield Extreme("", torch.minimum, *PAIRS, by_element=True, decides=True)
