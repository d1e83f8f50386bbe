"""amax and amin: the largest or smallest element over some dimensions. Equal winners share the gradient."""

from typing import ClassVar

import torch

from excel_export.formulas import Gradients, Helper, OperandLike, Tensor, equal, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF
from excel_export.formulas.idioms import reduced
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, TIES
from excel_export.ops._reduction import Reduction


class _Winner(Reduction):
    seeks_result = True
    function: ClassVar[str]
    backward_words = (
        "Only the winner decides the result, so it gets the gradient; a nudge to the others changes nothing, and they get 0. "
        "Equal winners share it evenly."
    )
    backward_math = "∂L/∂x = g / (number of winners) where x = y, else 0"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def wins() -> OperandLike:
            return IF(equal(self.input, self.spread(y.cells)), 1, 0)

        def count() -> OperandLike:
            return reduced("SUM", y.helpers["winner"], self.dims)

        return {
            "winner": Helper(self.input.shape, "1 where x = y, else 0", wins, "backward"),
            "winners": Helper(self.kept, "how many win", count, "backward"),
        }

    def forward(self, y: Tensor) -> OperandLike:
        return reduced(self.function, self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells) * y.helpers["winner"] / y.helpers["winners"]


@operator(torch.amax, torch.Tensor.amax)
class amax(_Winner):
    """The largest element over `dim`. Equal winners share the gradient evenly."""

    function = "MAX"
    called = "largest of {input}"
    forward_math = "y = max x"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The largest {self.of_how_many(y)}."

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.amax(1), ROW)
        yield Example("ties", lambda x: x.amax(1), TIES[0, 0])
        yield Example("over several", lambda x: torch.amax(x, (1, 3), keepdim=True), IMAGE)
        yield Extreme("", lambda x: x.amax(1), EXTREME)


@operator(torch.amin, torch.Tensor.amin)
class amin(_Winner):
    """The smallest element over `dim`. Equal winners share the gradient evenly."""

    function = "MIN"
    called = "smallest of {input}"
    forward_math = "y = min x"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The smallest {self.of_how_many(y)}."

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.amin(1), ROW)
        yield Example("ties", lambda x: x.amin(dim=(0, 1)), TIES[0])
        yield Extreme("", lambda x: x.amin(), EXTREME)
