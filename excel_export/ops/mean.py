"""mean: the average over some dimensions, or over all."""

from dataclasses import field

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.arrays import MOST_ARGUMENTS
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import along, reduced
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn
from excel_export.ops._reduction import Reduction


@operator(torch.mean, torch.Tensor.mean)
class mean(Reduction):
    """The mean over `dim`, one or several, or over everything."""

    dtype: torch.dtype | None = field(default=None, kw_only=True)

    forward_math = "y = (1/n) · Σ x"
    backward_math = "∂L/∂x = g / n"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The mean {self.of_how_many(y)}."

    def backward_words_here(self, y: Tensor) -> str:
        n = self.count
        return f"When one of the {n} numbers grows by 1, their mean grows by 1/{n}. So each gets g / {n}."

    def forward_math_here(self, y: Tensor) -> str:
        return f"y = (1/{self.count}) · Σ x"

    def backward_math_here(self, y: Tensor) -> str:
        return f"∂L/∂x = g / {self.count}"

    def forward(self, y: Tensor) -> OperandLike:
        x = self.input.value
        # AVERAGE cannot be nested where Excel would allow too few arguments.
        if len(along(x, self.dims, [0] * len(x.shape)).ranges) <= MOST_ARGUMENTS:
            return reduced("AVERAGE", x, self.dims).reshape(*y.shape)
        return reduced("SUM", x, self.dims).reshape(*y.shape) / self.count

    def backward(self, y: Tensor) -> Gradients:
        arriving = self.spread(y.grad.cells).broadcast_to(self.input.shape)
        yield self.input, arriving if self.count == 1 else arriving / self.count

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.mean(1), ROW)
        yield Example("over all", lambda x: x.mean(), randn(3, 4))
        yield Example("over one", lambda x: torch.mean(x, 0, keepdim=True), randn(3, 4))
        yield Example("over channels", lambda x: x.mean(1), IMAGE)
        yield Example("of images", lambda x: x.mean((-2, -1)), IMAGE)
        yield Extreme("", lambda x: x.mean(1), EXTREME)
