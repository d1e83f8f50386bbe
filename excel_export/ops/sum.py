"""sum: elements added up over some dimensions, or over all; and mean, their average."""

from dataclasses import field

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.arrays import MOST_ARGUMENTS
from excel_export.formulas.example import Cases, Example
from excel_export.formulas.idioms import along, reduced
from excel_export.ops._numbers import IMAGE, randn
from excel_export.ops._reduction import Reduction


@operator(torch.sum, torch.Tensor.sum)
class sum(Reduction):
    """The sum over `dim`, one or several, or over everything."""

    dtype: torch.dtype | None = field(default=None, kw_only=True)

    backward_words = "When a term grows by a little, the sum grows by just that: the slope is 1, so each term gets the gradient as it is."
    forward_math = "y = Σ x"
    backward_math = "∂L/∂x = g, the same for every summand"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The sum {self.of_how_many(y)}."

    def forward(self, y: Tensor) -> OperandLike:
        return reduced("SUM", self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells).broadcast_to(self.input.shape)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("of everything", lambda x: x.sum(), IMAGE)
        yield Example("of comparisons", lambda x: (x > 0).sum(1).float() * x.sum(axis=1), randn(3, 4))


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
