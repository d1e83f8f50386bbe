"""batch_norm: each channel shifted and scaled by the mean and variance that training has settled on."""

import torch
import torch.nn.functional as F

from excel_export.formulas import (
    SQRT,
    Expression,
    Gradients,
    Grid,
    Helper,
    OperandLike,
    Operator,
    Region,
    Tensor,
    operator,
    reduce,
    sum_of_products,
)
from excel_export.formulas.idioms import along


@operator(F.batch_norm, torch.batch_norm)
class batch_norm(Operator):
    """Batch normalisation in eval mode, of (N, C) or (N, C, …) with one mean and variance a channel."""

    input: Tensor
    running_mean: Tensor | None
    running_var: Tensor | None
    weight: Tensor | None = None
    bias: Tensor | None = None
    training: bool = False
    momentum: float = 0.1
    eps: float = 1e-5

    forward_math = "y = w · x̂ + b,  x̂ = (x − mean) / √(variance + ε)"
    backward_math = "∂L/∂x = g · w / √(variance + ε),  ∂L/∂w = Σ g · x̂,  ∂L/∂b = Σ g"

    def check(self) -> str | None:
        if self.training:
            return "training mode is not supported: call .eval() on the module"
        given = self.running_mean is not None and self.running_var is not None
        return None if given else "running_mean and running_var must be given"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def normalised() -> OperandLike:
            return (self.input - self._by_channel(self.running_mean)) / self._deviation()

        return {"normalised": Helper(y.shape, "x̂", normalised)}

    def forward(self, y: Tensor) -> OperandLike:
        result = y.helpers["normalised"].cells
        if self.weight is not None:
            result = result * self._by_channel(self.weight)
        return result if self.bias is None else result + self._by_channel(self.bias)

    def backward(self, y: Tensor) -> Gradients:
        arriving = y.grad.cells if self.weight is None else y.grad * self._by_channel(self.weight)
        yield self.input, arriving / self._deviation()
        others = [axis for axis in range(len(y.shape)) if axis != 1]

        def channel(grid: Grid, c: int) -> Region:
            return along(grid, others, [c] * len(y.shape))

        if self.weight is not None:
            normalised = y.helpers["normalised"]
            yield (
                self.weight,
                sum_of_products(self.weight.shape, lambda c: (channel(y.grad, c), channel(normalised, c))),
            )
        if self.bias is not None:
            yield self.bias, reduce("SUM", self.bias.shape, lambda c: channel(y.grad, c))

    def _deviation(self) -> Expression:
        return SQRT(self._by_channel(self.running_var) + self.eps)

    def _by_channel(self, vector: Tensor | None) -> Expression:
        """The references to a vector, one a channel, ready to broadcast."""
        assert vector is not None
        return vector.cells.reshape(-1, *[1] * (len(self.input.shape) - 2))
