"""softmax: logits to probabilities."""

import torch
import torch.nn.functional as F

from excel_export.formulas import EXP, Gradients, Helper, OperandLike, Operator, Tensor, operator, sum_of_products
from excel_export.formulas.idioms import along, as_dims, kept, reduced


@operator(F.softmax, torch.softmax, torch.Tensor.softmax)
class softmax(Operator):
    """Softmax over one dimension. The largest logit is taken off first, so that EXP cannot overflow."""

    input: Tensor
    dim: int | None
    _stacklevel: int = 3
    dtype: torch.dtype | None = None

    forward_words = "The logits become probabilities: all positive, together 1, and the largest logit gets the most."
    backward_words = (
        "Raising one logit takes probability from all others, so each gradient is compared with their mean, "
        "weighted by the probabilities."
    )
    forward_math = "yₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = yₖ · (gₖ − Σⱼ gⱼ yⱼ)"

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimension, from 0 on."""
        return as_dims(self.dim, len(self.input.shape))

    def check(self) -> str | None:
        return "dim must be given" if self.dim is None else None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def exp() -> OperandLike:
            return EXP(self.input - reduced("MAX", self.input.value, self.dims))

        return {"exp": Helper(y.shape, "exp(x − max x)", exp)}

    def forward(self, y: Tensor) -> OperandLike:
        return y.helpers["exp"] / reduced("SUM", y.helpers["exp"], self.dims)

    def backward(self, y: Tensor) -> Gradients:
        mean = sum_of_products(
            kept(y.shape, self.dims),
            lambda *index: (along(y.grad, self.dims, index), along(y.value, self.dims, index)),
        )
        yield self.input, y * (y.grad - mean)
