"""conv1d, conv2d and conv3d: a small filter slides over the input; each stop is a weighted sum."""

from collections.abc import Callable
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Cases, Example, Extreme, Gradients, Helper, OperandLike, Tensor, operator, reduce
from excel_export.ops._numbers import EXTREME, doubles, extreme_filter, extreme_image, ramp, randn
from excel_export.ops._sliding import Sliding
from excel_export.ops._windows import Setting, per_axis
from excel_export.ops._words_of_convolution import WordsOfConvolution


class Convolution(WordsOfConvolution):
    """A convolution with one to three axes; subclasses say how many."""

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """PyTorch's result, rounded alike wherever the image is alike.

        PyTorch adds up the products in an order that varies over the image. On a plain background its results
        then differ in the last digit, and a max pool after it picks its winner by chance instead of the first.
        """
        result = function(*args, **kwargs)
        with torch.no_grad():
            uniform = _add_up_in_order(result, **cls.bind(function, *args, **kwargs).arguments)
        return result + (uniform - result).detach()

    @classmethod
    def cases(cls) -> Cases:
        rank = cls.rank
        layer: Any = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
        size, small = ((9,), (6, 5), (3, 3, 2))[rank - 1], ((4,), (3, 3), (2, 2, 2))[rank - 1]
        image = randn(1 if rank == 3 else 2, 3, *size)
        yield Example("", layer(1, 1, 2), ramp(1, 1, *[3] * rank))
        yield Example("two inputs", cls.functions[0], image, randn(4, 3, *(3, 2, 2)[:rank]))
        yield Example("module", layer(3, 4, (3, 3, 2)[:rank]), image)
        yield Example("of single numbers", layer(3, 2, 1), image)
        yield Example("no bias", layer(3, 2, (3, 2, 2)[:rank], bias=False), image)
        yield Example("of the whole", layer(3, 4, size), image)
        yield Example("stride", layer(3, 4, 2, stride=(3, 2, 1)[:rank]), image)
        yield Example("padding", layer(3, 2, 3, padding=2), randn(1, 3, *small))
        yield Example("padding 'same'", layer(3, 2, (2, 3, 2)[:rank], padding="same", dilation=(1, 2, 1)[:rank]), image)
        yield Example("padding 'valid'", layer(3, 2, 2, padding="valid"), image)
        yield Example("dilation", layer(3, 4, 2, dilation=(2, 2, 1)[:rank]), image)
        yield Example("groups", layer(4, 6, 2, groups=2), randn(2, 4, *small))
        everything = layer(4, 8, (3, 2, 2)[:rank], (2, 1, 1)[:rank], (1, 2, 1)[:rank], (1, 2, 1)[:rank], groups=4)
        yield Example("everything", everything, randn(1, 4, *size))
        yield Example("many channels", layer(14, 15, (2, 2, 1)[:rank]), randn(2, 14, *small))
        yield Example("unbatched", layer(3, 4, 2, stride=2, padding=1), image[0])
        yield Example("unbatched, many channels", layer(13, 14, 2, padding=(1, 0, 0)[:rank]), randn(13, *small))
        yield Example("padding mode", layer(3, 2, 2, padding=1, padding_mode="circular"), randn(2, 3, *small))
        yield Extreme("", cls.functions[0], extreme_image(rank), extreme_filter(rank))

    @property
    def sliding(self) -> Sliding:
        """How the filters move."""
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
        return result if self.bias is None else result + self.bias.cells.reshape(-1, *[1] * self.rank)

    def backward(self, y: Tensor) -> Gradients:
        sliding = self.sliding
        if self.input.has_grad:
            yield self.input, sliding.to_image(self.input.shape, y.grad, y.helpers, "g")
        yield self.weight, sliding.to_weight(y.grad, self.input.value, y.helpers.get("g spread"))
        if self.bias is not None:
            every = slice(None)
            samples, axes = [every] * (len(y.shape) - self.rank - 1), [every] * self.rank
            yield self.bias, reduce("SUM", self.bias.shape, lambda o: y.grad[(*samples, o, *axes)])


@operator(F.conv1d)
class conv1d(Convolution):
    """1-D convolution of (N, C, L) or (C, L) with a weight of shape (O, C / groups, k)."""

    rank = 1

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("reflected", nn.Conv1d(3, 2, 3, padding=1, padding_mode="reflect"), randn(2, 3, 5))
        yield Extreme("of channels", F.conv1d, EXTREME, doubles([[1e-300, -1e3], [1.0, 0], [0, 0.5]]))


@operator(F.conv2d)
class conv2d(Convolution):
    """2-D convolution of (N, C, H, W) or (C, H, W) with a weight of shape (O, C / groups, kH, kW)."""

    rank = 2


@operator(F.conv3d)
class conv3d(Convolution):
    """3-D convolution of (N, C, D, H, W) or (C, D, H, W) with a weight of shape (O, C / groups, kD, kH, kW)."""

    rank = 3


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
