"""sum: elements added up over some dimensions, or over all."""

from dataclasses import field

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.idioms import reduced
from excel_export.ops._reduction import Reduction


@operator(torch.sum, torch.Tensor.sum)
class sum(Reduction):
    """The sum over `dim`, one or several, or over everything."""

    dtype: torch.dtype | None = field(default=None, kw_only=True)

    forward_math = "y = Σ x"
    backward_math = "∂L/∂x = g, the same for every summand"

    def forward(self, y: Tensor) -> OperandLike:
        return reduced("SUM", self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells).broadcast_to(self.input.shape)
