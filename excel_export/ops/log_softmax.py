"""log_softmax: the logarithm of the probabilities, without ever taking the logarithm of a tiny number."""

import torch
import torch.nn.functional as F

from excel_export.formulas import EXP, LN, Gradients, Helper, OperandLike, Operator, Tensor, operator
from excel_export.formulas.idioms import as_dims, reduced


@operator(F.log_softmax, torch.log_softmax, torch.Tensor.log_softmax)
class log_softmax(Operator):
    """Log-softmax over one dimension. The largest logit is taken off before EXP: no logit is too large."""

    input: Tensor
    dim: int | None
    _stacklevel: int = 3
    dtype: torch.dtype | None = None

    forward_math = "yₖ = (xₖ − max x) − ln Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = gₖ − exp(yₖ) · Σⱼ gⱼ"

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimension, from 0 on."""
        return as_dims(self.dim, len(self.input.shape))

    def check(self) -> str | None:
        return "dim must be given" if self.dim is None else None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def shifted() -> OperandLike:
            return self.input - reduced("MAX", self.input.value, self.dims)

        return {
            "shifted": Helper(y.shape, "x − max x", shifted),
            "exp": Helper(y.shape, "exp(x − max x)", lambda: EXP(y.helpers["shifted"])),
        }

    def forward(self, y: Tensor) -> OperandLike:
        return y.helpers["shifted"] - LN(reduced("SUM", y.helpers["exp"], self.dims))

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, y.grad - EXP(y) * reduced("SUM", y.grad, self.dims)
