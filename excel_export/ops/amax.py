"""amax and amin: the largest or smallest element over some dimensions. Equal winners share the gradient."""

from typing import ClassVar

import torch

from excel_export.formulas import IF, Gradients, Helper, OperandLike, Tensor, equal, operator
from excel_export.formulas.idioms import reduced
from excel_export.ops._reduction import Reduction


class _Extreme(Reduction):
    function: ClassVar[str]
    backward_math = "∂L/∂x = g / (number of winners) where x = y, else 0"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def wins() -> OperandLike:
            return IF(equal(self.input, self.spread(y.cells)), 1, 0)

        return {"winner": Helper(self.input.shape, "1 where x = y, else 0", wins, "backward")}

    def forward(self, y: Tensor) -> OperandLike:
        return reduced(self.function, self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        winner = y.helpers["winner"]
        yield self.input, self.spread(y.grad.cells) * winner / reduced("SUM", winner, self.dims)


@operator(torch.amax, torch.Tensor.amax)
class amax(_Extreme):
    """The largest element over `dim`. Equal winners share the gradient evenly."""

    function = "MAX"
    forward_math = "y = max x"


@operator(torch.amin, torch.Tensor.amin)
class amin(_Extreme):
    """The smallest element over `dim`. Equal winners share the gradient evenly."""

    function = "MIN"
    forward_math = "y = min x"
