"""Convolutions with one to three axes, where a small filter slides over the input, and each stop is a weighted sum.

And transposed ones: the way back of a convolution, used as a layer, so that an image grows. Each number of the input
puts down a stamp.
"""

import math
from collections.abc import Callable
from itertools import product
from typing import Any, ClassVar

import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Grid, Helper, OperandLike, Operator, Tensor, reduce, size
from excel_export.ops._elementwise import row
from excel_export.ops._sliding import Sliding
from excel_export.ops._windows import Setting, per_axis
from excel_export.ops._words_of_convolution import ELEMENTS, PLACES, STOPS, WordsOfConvolution


class Convolution(WordsOfConvolution):
    """A convolution with `rank` axes, one to three: of (N, C, L), (N, C, H, W) or (N, C, D, H, W)."""

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return function(*args, **kwargs), PyTorch's result, but rounded alike wherever the image is alike.

        PyTorch adds up the products in an order that varies over the image. On a plain background its results
        then differ in the last digit, and a max pool after it picks its winner by chance instead of the first.
        """
        result = function(*args, **kwargs)
        with torch.no_grad():
            uniform = _add_up_in_order(result, **cls.bind(function, *args, **kwargs).arguments)
        return result + (uniform - result).detach()

    @property
    def sliding(self) -> Sliding:
        """The filters and their steps: weight and groups, stride, padding and dilation along each axis."""
        stride, dilation = per_axis(self.stride, self.rank), per_axis(self.dilation, self.rank)
        return Sliding(self.weight, self.groups, stride, self.edges, dilation)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        sliding, x = self.sliding, self.input
        wanted = sliding.helpers_to_stops(x.shape, lambda: x.cells, "x", "forward")
        if y.has_grad:
            back = sliding.helpers_to_image(y.shape, lambda: y.grad.cells, "g", "backward")
            wanted |= {name: helper for name, helper in back.items() if x.has_grad or name == "g spread"}
        return wanted

    def forward(self, y: Tensor) -> OperandLike:
        result = self.sliding.to_stops(y.shape, self.input.value, y.helpers, "x")
        return _plus_bias(result, self.bias, self.rank)

    def backward(self, y: Tensor) -> Gradients:
        sliding = self.sliding
        if self.input.has_grad:
            yield self.input, sliding.to_image(self.input.shape, y.grad, y.helpers, "g")
        yield self.weight, sliding.to_weight(y.grad, self.input.value, y.helpers.get("g spread"))
        if self.bias is not None:
            yield self.bias, _of_bias(self.bias, y.grad, self.rank)


def _add_up_in_order(
    y: torch.Tensor,
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    stride: Setting,
    padding: Setting | str,
    dilation: Setting,
    groups: int,
) -> torch.Tensor:
    """Convolve filter element by filter element, each over the whole image at once."""
    rank = weight.dim() - 2
    steps, gaps, sizes = per_axis(stride, rank), per_axis(dilation, rank), y.shape[-rank:]
    if isinstance(padding, str):
        total = [gap * (k - 1) if padding == "same" else 0 for gap, k in zip(gaps, weight.shape[2:], strict=True)]
        edges = [(n // 2, n - n // 2) for n in total]
    else:
        edges = [(n, n) for n in per_axis(padding, rank)]
    batched = input if input.dim() == rank + 2 else input[None]
    x = torch.unflatten(F.pad(batched, [n for edge in reversed(edges) for n in edge]), 1, (groups, -1))
    w = torch.unflatten(weight, 0, (groups, -1))
    result = torch.zeros(len(x), groups, len(weight) // groups, *sizes, dtype=y.dtype)
    for c, *places in product(*map(range, weight.shape[1:])):
        windows = [
            slice(u * gap, u * gap + (stops - 1) * step + 1, step)
            for u, gap, stops, step in zip(places, gaps, sizes, steps, strict=True)
        ]
        one, numbers = w[:, :, c], x[:, :, c]
        for axis, (u, window) in enumerate(zip(places, windows, strict=True)):
            one, numbers = one.select(2, u), numbers[(slice(None),) * (2 + axis) + (window,)]
        result += one.reshape(1, *one.shape, *[1] * rank) * numbers.unsqueeze(2)
    result = result.flatten(1, 2).reshape(y.shape)
    return result if bias is None else result + bias.reshape(-1, *[1] * rank)


class TransposedConvolution(Operator):
    """A transposed convolution of (N, C, …) or (C, …) with a weight of shape (C, O / groups, …).

    Each number of the input puts down the filter, times this number, and overlaps are added up: 2×2 numbers become
    4×4 by a filter of 2×2 and a stride of 2. So it computes an image from stops, as a convolution's gradient does.
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
    """The number of axes beside samples and channels."""
    called = "transposed convolution of {input}"
    forward_words = (
        "Each number of the input puts down {stamps}: the filter, times this number. "
        "Where stamps overlap they are added up{and_bias}: {before:size} become {after:size}, in {maps:map}."
    )
    forward_math = "yₒ({places}) = Σ {weight_there} · {number_there} over all stamps that reach {places}, + bₒ"
    backward_words = (
        "An input's gradient adds up, over its stamp, g there times the weight. "
        "A weight's gradient adds up, over all stamps, g there times the number that it was multiplied by."
    )
    backward_math = "∂L/∂{number_there} = Σ gₒ({places}) · {weight_there} over its stamp,  ∂L/∂{weight_there} = Σ gₒ({places}) · {number_there} over all stamps,  ∂L/∂bₒ = Σ gₒ({places})"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        kernel = self.weight.shape[2:]
        return {
            "places": ", ".join(PLACES[: self.rank]),
            "weight_there": f"w(c, o, {', '.join(ELEMENTS[: self.rank])})",
            "number_there": f"x(c, {', '.join(STOPS[: self.rank])})",
            "stamps": f"a stamp of {size(kernel)}" if math.prod(kernel) > 1 else "one number",
            "and_bias": "" if self.bias is None else ", plus a bias",
            "before": self.input.shape[-self.rank :],
            "after": y.shape[-self.rank :],
            "maps": self.weight.shape[1] * self.groups,
        }

    @property
    def sliding(self) -> Sliding:
        """The filters, and their steps over the result, which is the image."""
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
        return _plus_bias(result, self.bias, self.rank)

    def backward(self, y: Tensor) -> Gradients:
        sliding = self.sliding
        if self.input.has_grad:
            yield self.input, sliding.to_stops(self.input.shape, y.grad, y.helpers, "g")
        yield self.weight, sliding.to_weight(self.input.value, y.grad, y.helpers.get("x spread"))
        if self.bias is not None:
            yield self.bias, _of_bias(self.bias, y.grad, self.rank)


def _plus_bias(result: Expression, bias: Tensor | None, rank: int) -> Expression:
    return result if bias is None else result + bias.cells.reshape(-1, *[1] * rank)


def _of_bias(bias: Tensor, grad: Grid, rank: int) -> Expression:
    """For each channel, all that arrives there, added up."""
    every = slice(None)
    samples, axes = [every] * (len(grad.shape) - rank - 1), [every] * rank
    return reduce("SUM", bias.shape, lambda o: grad[(*samples, o, *axes)])


for _rank, _axes, _kernel in ((1, "L", "k"), (2, "H, W", "kH, kW"), (3, "D, H, W", "kD, kH, kW")):
    _inputs = f"convolution of (N, C, {_axes}) or (C, {_axes})"
    row(
        f"conv{_rank}d", (getattr(F, f"conv{_rank}d"),), Convolution, rank=_rank,
        __doc__=f"{_rank}-D {_inputs} with a weight of shape (O, C / groups, {_kernel}).",
    )  # fmt: skip
    row(
        f"conv_transpose{_rank}d", (getattr(F, f"conv_transpose{_rank}d"),), TransposedConvolution, rank=_rank,
        __doc__=f"Transposed {_rank}-D {_inputs} with a weight of shape (C, O / groups, {_kernel}).",
    )  # fmt: skip
