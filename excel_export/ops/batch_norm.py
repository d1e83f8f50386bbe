"""batch_norm: each channel shifted and scaled by the mean and variance that training has settled on."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Grid, Helper, OperandLike, Operator, Region, Tensor, operator
from excel_export.formulas.arrays import reduce, sum_of_products
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import SQRT
from excel_export.formulas.idioms import along
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn

_VARIANCE = torch.tensor([1e-300, 0.0, 1e300], dtype=torch.float64)
# From the first channel to the last, what running_mean, running_var, weight and bias are after training.
_SETTLED = ((-0.5, 0.7), (0.3, 2.0), (-1.0, 2.0), (0.1, 0.4))


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

    called = "{input}, normalised"
    forward_words = (
        "Each channel is shifted and scaled: less its mean, divided by its deviation, both settled in training; "
        "then times a weight, plus a bias."
    )
    backward_words = (
        "The slope of an input is w divided by the deviation. A weight's gradient adds up g · x̂ over its "
        "channel, a bias's adds up g."
    )
    forward_math = "y = w · x̂ + b,  x̂ = (x − mean) / √(variance + ε)"
    backward_math = "∂L/∂x = g · w / √(variance + ε),  ∂L/∂w = Σ g · x̂,  ∂L/∂b = Σ g"

    def forward_words_here(self, y: Tensor) -> str:
        if self.weight is not None:
            return self.forward_words
        return "Each channel is shifted and scaled: less its mean, divided by its deviation, both settled in training."

    def forward_math_here(self, y: Tensor) -> str:
        if self.weight is not None:
            return self.forward_math
        return "y = (x − mean) / √(variance + ε)"

    def backward_words_here(self, y: Tensor) -> str:
        if self.weight is not None:
            return self.backward_words
        return "The slope is 1 divided by the channel's deviation, so each gradient is g divided by it."

    def backward_math_here(self, y: Tensor) -> str:
        return self.backward_math if self.weight is not None else "∂L/∂x = g / √(variance + ε)"

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

    @staticmethod
    def examples() -> Examples:
        yield Example("", nn.BatchNorm1d(3).eval(), ROW)
        yield Example("of images", _settled(nn.BatchNorm2d(3)), IMAGE)
        yield Example("of features", _settled(nn.BatchNorm1d(4)), randn(3, 4))
        yield Example("of sequences", _settled(nn.BatchNorm1d(3)), randn(2, 3, 4))
        yield Example("plain", _settled(nn.BatchNorm2d(3, eps=0.1, affine=False)), IMAGE)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x, w: F.batch_norm(x, EXTREME[:, 0], _VARIANCE, w), EXTREME.T / 1e8, EXTREME[0, 1:])


def _settled(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> nn.Module:
    """The module in eval mode, with numbers such as training leaves behind."""
    tensors = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    for tensor, (first, last) in zip(tensors, _SETTLED, strict=True):
        if tensor is not None:
            tensor.data = torch.linspace(first, last, norm.num_features)
    return norm.eval()
