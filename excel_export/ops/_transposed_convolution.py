"""Transposed convolutions: the way back of a convolution, used as a layer, so that an image grows."""

import math

from excel_export.formulas import Gradients, Helper, OperandLike, Operator, Tensor
from excel_export.formulas.arrays import reduce
from excel_export.formulas.words import counted, size
from excel_export.ops._sliding import Sliding
from excel_export.ops._windows import Setting, per_axis


class TransposedConvolution(Operator):
    """A transposed convolution of (N, C, …) or (C, …) with a weight of shape (C, O / groups, …); subclasses say how
    many axes it has.

    It computes an image from stops as the gradient of a convolution does: the roles of both are exchanged.
    """

    input: Tensor
    weight: Tensor
    bias: Tensor | None = None
    stride: Setting = 1
    padding: Setting = 0
    output_padding: Setting = 0
    groups: int = 1
    dilation: Setting = 1

    called = "transposed convolution of {input}"
    forward_words = (
        "Each number of the input puts down a stamp: the filter, times this number. "
        "Where stamps overlap they are added up, plus a bias. "
        "So the result is larger than the input."
    )
    backward_words = (
        "An input's gradient adds up, over its stamp, g there times the weight. "
        "A weight's gradient adds up, over all stamps, g there times the number that it was multiplied by."
    )

    def forward_words_here(self, y: Tensor) -> str:
        stamps = f"a stamp of {size(self.weight.shape[2:])}" if math.prod(self.weight.shape[2:]) > 1 else "one number"
        before, after = (size(tensor.shape[-self.rank :]) for tensor in (self.input, y))
        bias = "" if self.bias is None else ", plus a bias"
        maps = counted(self.weight.shape[1] * self.groups, "map")
        return (
            f"Each number of the input puts down {stamps}: the filter, times this number. "
            f"Where stamps overlap they are added up{bias}: {before} become {after}, in {maps}."
        )

    @property
    def rank(self) -> int:
        """How many axes there are beside samples and channels."""
        return len(self.weight.shape) - 2

    @property
    def sliding(self) -> Sliding:
        """How the filters would move over the result."""
        stride, padding, dilation = (
            per_axis(setting, self.rank) for setting in (self.stride, self.padding, self.dilation)
        )
        return Sliding(self.weight, self.groups, stride, padding, dilation)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        sliding, x = self.sliding, self.input
        wanted = sliding.helpers_to_image(x.shape, lambda: x.cells, "x", "forward")
        if y.has_grad and x.has_grad:
            wanted |= sliding.helpers_to_stops(y.shape, lambda: y.grad.cells, "g", "backward")
        return wanted

    def forward(self, y: Tensor) -> OperandLike:
        result = self.sliding.to_image(y.shape, self.input.value, y.helpers, "x")
        return result if self.bias is None else result + self.bias.cells.reshape(-1, *[1] * self.rank)

    def backward(self, y: Tensor) -> Gradients:
        sliding = self.sliding
        if self.input.has_grad:
            yield self.input, sliding.to_stops(self.input.shape, y.grad, y.helpers, "g")
        yield self.weight, sliding.to_weight(self.input.value, y.grad, y.helpers.get("x spread"))
        if self.bias is not None:
            every = slice(None)
            samples, axes = [every] * (len(y.shape) - self.rank - 1), [every] * self.rank
            yield self.bias, reduce("SUM", self.bias.shape, lambda o: y.grad[(*samples, o, *axes)])
