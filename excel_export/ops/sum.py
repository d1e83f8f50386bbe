"""sum: elements added up over some dimensions, or over all."""

from dataclasses import field

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import reduced
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn
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
        yield Example("", lambda x: x.sum(1), ROW)
        yield Example("over all", lambda x: x.sum(), randn(3, 4))
        yield Example("over one", lambda x: x.sum(1), randn(3, 4))
        yield Example("over several", lambda x: x.sum(dim=(0, -1), keepdim=True), randn(2, 3, 4))
        yield Example("of images", lambda x: torch.sum(x, dim=[2, 3]), IMAGE)
        yield Example("of everything", lambda x: x.sum(), IMAGE)
        yield Example("of comparisons", lambda x: (x > 0).sum(1).float() * x.sum(axis=1), randn(3, 4))
        yield Extreme("", lambda x: x.sum(1), EXTREME)
