"""conv_transpose1d, 2d and 3d: the way back of a convolution, used as a layer, so that an image grows.

Each number of the input puts down a stamp.
"""

import math
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Gradients, Helper, OperandLike, Operator, Tensor, operator, reduce, size
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._numbers import EXTREME, doubles, extreme_filter, extreme_image, ramp, randn
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

    rank: ClassVar[int]
    """How many axes there are beside samples and channels."""
    called = "transposed convolution of {input}"
    forward_words = (
        "Each number of the input puts down {stamps}: the filter, times this number. "
        "Where stamps overlap they are added up{and_bias}: {before:size} become {after:size}, in {maps:map}."
    )
    backward_words = (
        "An input's gradient adds up, over its stamp, g there times the weight. "
        "A weight's gradient adds up, over all stamps, g there times the number that it was multiplied by."
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        kernel = self.weight.shape[2:]
        return {
            "stamps": f"a stamp of {size(kernel)}" if math.prod(kernel) > 1 else "one number",
            "and_bias": "" if self.bias is None else ", plus a bias",
            "before": self.input.shape[-self.rank :],
            "after": y.shape[-self.rank :],
            "maps": self.weight.shape[1] * self.groups,
        }

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

    @classmethod
    def cases(cls) -> Cases:
        rank = cls.rank
        layer: Any = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[rank - 1]
        size, small = ((4,), (3, 4), (2, 2, 2))[rank - 1], ((3,), (3, 3), (1, 2, 2))[rank - 1]
        yield Example("", layer(1, 1, 2, stride=2), ramp(1, 1, *((3,), (2, 3), (2, 2, 2))[rank - 1]))
        yield Example("two inputs", cls.functions[0], randn(2, 3, *size), randn(3, 2, *(3, 2, 1)[:rank]))
        yield Example("of single numbers", layer(3, 2, 1), randn(2, 3, *small))
        yield Example("of one number", layer(3, 2, 3, bias=False), randn(2, 3, *[1] * rank))
        yield Example("stride and padding", layer(3, 2, 4, 2, 1, bias=False), randn(1, 3, *small))
        everything = layer(4, 6, (3, 2, 2)[:rank], (3, 2, 1)[:rank], 1, (1, 1, 0)[:rank], 2, dilation=(2, 1, 2)[:rank])
        yield Example("everything", everything, randn(1 if rank == 3 else 2, 4, *size))
        yield Example("many channels", layer(14, 13, 2, stride=2, padding=(0, 1, 1)[3 - rank :]), randn(1, 14, *small))
        yield Example("unbatched", layer(2, 3, 2), randn(2, *size))
        yield Extreme("", cls.functions[0], extreme_image(rank), extreme_filter(rank), cancels=True)


@operator(F.conv_transpose1d)
class conv_transpose1d(TransposedConvolution):
    """Transposed 1-D convolution of (N, C, L) or (C, L) with a weight of shape (C, O / groups, k)."""

    rank = 1
    forward_math = "yₒ(p) = Σ w(c, o, u) · x(c, i) over all stamps that reach p, + bₒ"
    backward_math = "∂L/∂x(c, i) = Σ gₒ(p) · w(c, o, u) over its stamp,  ∂L/∂w(c, o, u) = Σ gₒ(p) · x(c, i) over all stamps,  ∂L/∂bₒ = Σ gₒ(p)"

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Extreme("of channels", F.conv_transpose1d, EXTREME, doubles([[1e-300, -1e3]], [[1, 0]], [[0, 0.5]]))


@operator(F.conv_transpose2d)
class conv_transpose2d(TransposedConvolution):
    """Transposed 2-D convolution of (N, C, H, W) or (C, H, W) with a weight of shape (C, O / groups, kH, kW)."""

    rank = 2
    forward_math = "yₒ(p, q) = Σ w(c, o, u, v) · x(c, i, j) over all stamps that reach p, q, + bₒ"
    backward_math = "∂L/∂x(c, i, j) = Σ gₒ(p, q) · w(c, o, u, v) over its stamp,  ∂L/∂w(c, o, u, v) = Σ gₒ(p, q) · x(c, i, j) over all stamps,  ∂L/∂bₒ = Σ gₒ(p, q)"


@operator(F.conv_transpose3d)
class conv_transpose3d(TransposedConvolution):
    """Transposed 3-D convolution of (N, C, D, H, W) with a weight of shape (C, O / groups, kD, kH, kW)."""

    rank = 3
    forward_math = "yₒ(p, q, r) = Σ w(c, o, u, v, t) · x(c, i, j, k) over all stamps that reach p, q, r, + bₒ"
    backward_math = "∂L/∂x(c, i, j, k) = Σ gₒ(p, q, r) · w(c, o, u, v, t) over its stamp,  ∂L/∂w(c, o, u, v, t) = Σ gₒ(p, q, r) · x(c, i, j, k) over all stamps,  ∂L/∂bₒ = Σ gₒ(p, q, r)"
