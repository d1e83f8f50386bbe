"""conv2d: a small filter slides over the image; each stop is a weighted sum.

Every sum is a SUMPRODUCT of two rectangles. To make them rectangles, helper tensors may stand on the
sheet: the weight turned by 180° (slid over the gradient, as forward the weight is over the input, it gives the
gradient of the input), the weight with zeros between its elements (dilation), the gradient with zeros between its
elements (stride).

A few channels are summed one SUMPRODUCT each, which reads like the textbook. Many channels are copied
row by row into one tall image, so that a window over all of them is a single rectangle.
"""

import math
from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Region, Tensor, operator
from excel_export.formulas.arrays import reduce, sum_of_products
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.expression import as_expression, rearranged
from excel_export.formulas.operator import Layout
from excel_export.formulas.terms import GROUP, Terms, in_letters
from excel_export.ops._convolution import Convolution
from excel_export.ops._numbers import EXTREME_IMAGE, IMAGE, PICTURE, randn
from excel_export.ops._windows import Span, flip, pair, sweep

# Up to this many channels are summed one by one.
READABLE = 12


@operator(F.conv2d)
class conv2d(Convolution):
    """2-D convolution of (N, C, H, W) with a weight of shape (O, C / groups, kH, kW)."""

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

    def check(self) -> str | None:
        if len(self.input.shape) != 4:
            return "only batched (N, C, H, W) inputs are supported"
        return "padding by name is not supported: give it as numbers" if isinstance(self.padding, str) else None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        x, weight = self.input, self.weight
        reach = tuple((k - 1) * d + 1 for k, d in zip(weight.shape[2:], pair(self.dilation), strict=True))
        extent = tuple((n - 1) * s + 1 for n, s in zip(y.shape[2:], pair(self.stride), strict=True))
        filters, gradient = (*weight.shape[:2], *reach), (*y.shape[:2], *extent)

        def wide() -> Expression:
            return _spread(weight.cells, pair(self.dilation))

        def turned() -> Expression:
            return wide()[:, :, ::-1, ::-1]

        def wide_gradient() -> Expression:
            return _spread(y.grad.cells, pair(self.stride))

        wanted = {}
        by_channel: Layout = "second interleaved"
        by_filter: Layout = "first interleaved"
        if self.per_group > READABLE:
            wanted["x rows"] = Helper(x.shape, "the channels of x, row by row", lambda: x, layout=by_channel)
            wanted["w rows"] = Helper(filters, "the channels of w, row by row", wide, "parameters", by_channel)
        elif reach != weight.shape[2:]:
            wanted["w spread"] = Helper(filters, "w with zeros between (dilation)", wide, "parameters", "matrix")
        if not y.has_grad:
            return wanted
        if extent != y.shape[2:]:
            wanted["g spread"] = Helper(gradient, "g with zeros between (stride)", wide_gradient, "backward")
        if x.has_grad and self.filters > READABLE:
            text = "w turned by 180°, filters row by row: it slides over g"
            wanted["g rows"] = Helper(gradient, "the channels of g, row by row", wide_gradient, "backward", by_channel)
            wanted["w turned"] = Helper(filters, text, turned, "parameters", by_filter)
        elif x.has_grad and reach != (1, 1) and y.shape[2:] != (1, 1):
            wanted["w turned"] = Helper(filters, "w turned by 180°: it slides over g", turned, "parameters", "matrix")
        return wanted

    def forward(self, y: Tensor) -> OperandLike:
        x = y.helpers.get("x rows", self.input.value)
        w = y.helpers.get("w rows", y.helpers.get("w spread", self.weight.value))
        rows, cols = (
            sweep(y.shape[2 + axis], pair(self.stride)[axis], -pair(self.padding)[axis], w.shape[2 + axis],
                  x.shape[2 + axis])
            for axis in (0, 1)
        )  # fmt: skip

        per_group, filters = self.per_group, self.filters

        @cache
        def window(n: int, first: int, rows: Span, cols: Span) -> Region:
            return x[n, first : first + per_group, slice(*rows), slice(*cols)]

        @cache
        def kernel(o: int, rows: Span, cols: Span) -> Region:
            return w[o, :, slice(*rows), slice(*cols)]

        def stop(n: int, o: int, i: int, j: int) -> tuple[Region, Region]:
            (x_rows, w_rows), (x_cols, w_cols) = rows[i], cols[j]
            return window(n, o // filters * per_group, x_rows, x_cols), kernel(o, w_rows, w_cols)

        result = sum_of_products(y.shape, stop)
        return result if self.bias is None else result + self.bias.cells.reshape(-1, 1, 1)

    def backward(self, y: Tensor) -> Gradients:
        if self.input.has_grad:
            yield self.input, self._gradient_of_input(y)
        yield self.weight, self._gradient_of_weight(y)
        if self.bias is not None:
            yield self.bias, reduce("SUM", self.bias.shape, lambda o: y.grad[:, o, :, :])

    def _gradient_of_input(self, y: Tensor) -> Expression:
        x = self.input
        g = y.helpers.get("g rows", y.helpers.get("g spread", y.grad))
        w = y.helpers.get("w turned", y.helpers.get("w spread", self.weight.value))
        rows, cols = (
            sweep(x.shape[axis], 1, pair(self.padding)[axis - 2] - w.shape[axis] + 1, w.shape[axis], g.shape[axis])
            for axis in (2, 3)
        )
        if "w turned" not in y.helpers:  # one element of the filter at a time: take it from the other end
            rows = [(of_g, flip(of_w, w.shape[2])) for of_g, of_w in rows]
            cols = [(of_g, flip(of_w, w.shape[3])) for of_g, of_w in cols]

        per_group, filters = self.per_group, self.filters

        @cache
        def window(n: int, first: int, rows: Span, cols: Span) -> Region:
            return g[n, first : first + filters, slice(*rows), slice(*cols)]

        @cache
        def kernel(first: int, c: int, rows: Span, cols: Span) -> Region:
            return w[first : first + filters, c, slice(*rows), slice(*cols)]

        def stop(n: int, c: int, i: int, j: int) -> tuple[Region, Region]:
            first = c // per_group * filters
            (g_rows, w_rows), (g_cols, w_cols) = rows[i], cols[j]
            return window(n, first, g_rows, g_cols), kernel(first, c % per_group, w_rows, w_cols)

        return sum_of_products(x.shape, stop)

    def _gradient_of_weight(self, y: Tensor) -> Expression:
        x, weight, g = self.input, self.weight, y.helpers.get("g spread", y.grad)
        rows, cols = (
            sweep(weight.shape[axis], pair(self.dilation)[axis - 2], -pair(self.padding)[axis - 2], g.shape[axis],
                  x.shape[axis])
            for axis in (2, 3)
        )  # fmt: skip

        per_group, filters = self.per_group, self.filters

        @cache
        def gradient(o: int, rows: Span, cols: Span) -> Region:
            return g[:, o, slice(*rows), slice(*cols)]

        @cache
        def window(c: int, rows: Span, cols: Span) -> Region:
            return x[:, c, slice(*rows), slice(*cols)]

        def element(o: int, c: int, u: int, v: int) -> tuple[Region, Region]:
            (x_rows, g_rows), (x_cols, g_cols) = rows[u], cols[v]
            channel = o // filters * per_group + c
            return gradient(o, g_rows, g_cols), window(channel, x_rows, x_cols)

        return sum_of_products(weight.shape, element)

    def terms(self, y: Tensor) -> list[tuple[Tensor, Terms]]:
        batch, _, height, width = y.shape
        places = ({"n": batch} if batch > 1 else {}) | {"i": height, "j": width}
        channel = {"c": 1, GROUP: self.per_group if self.groups > 1 else 0}
        row, col = (
            {place: step, element: gap, "": -edge}
            for place, element, step, gap, edge in zip(
                "ij", "uv", pair(self.stride), pair(self.dilation), pair(self.padding), strict=True
            )
        )
        sample, over = ("n, ", "samples n and positions i, j") if batch > 1 else ("", "positions i, j")
        stops = math.prod((batch, height, width))
        uses = f"at {stops} stops of its filter, each time with another number x" if stops > 1 else "once, with one x"
        of_weight = Terms(
            {"o": "filter", "c": "channel", "u": "row", "v": "column"}, places,
            ("n", "o", "i", "j"), ("n", channel, row, col),
            f"∂L/∂w(o, c, u, v)  =  Σ  g({sample}o, i, j) · x({sample}{in_letters(channel)}, {in_letters(row)}, "
            f"{in_letters(col)})    over all {over}",
            f"This weight is used {uses}. Each use adds the gradient g that arrives there times that x.",
            edges=(2, 3), group=self.filters,
        )  # fmt: skip
        of_bias = Terms(
            {"o": "filter"}, places, ("n", "o", "i", "j"), None,
            f"∂L/∂b(o)  =  Σ  g({sample}o, i, j)    over all {over}",
            "The bias is added to every number of its map, each time with the slope 1: its gradient is the sum of "
            "all g that arrive there.",
        )  # fmt: skip
        return [(self.weight, of_weight), *([(self.bias, of_bias)] if self.bias is not None else [])]

    @staticmethod
    def examples() -> Examples:
        yield Example("", nn.Conv2d(1, 1, 2), PICTURE)
        yield Example("two inputs", F.conv2d, IMAGE, randn(4, 3, 3, 2))
        yield Example("module", nn.Conv2d(3, 4, 3), IMAGE)
        yield Example("1x1", nn.Conv2d(3, 4, 1), IMAGE)
        yield Example("no bias", nn.Conv2d(3, 2, (3, 2), bias=False), IMAGE)
        yield Example("whole image", nn.Conv2d(3, 4, (6, 5)), IMAGE)
        yield Example("stride", nn.Conv2d(3, 4, 3, stride=2), IMAGE)
        yield Example("padding", nn.Conv2d(3, 4, 3, padding=2), IMAGE)
        yield Example("dilation", nn.Conv2d(3, 4, 2, dilation=(3, 2)), IMAGE)
        yield Example("groups", nn.Conv2d(4, 6, 3, groups=2), randn(2, 4, 5, 5))
        yield Example("everything", nn.Conv2d(4, 8, (3, 2), (2, 1), (1, 2), (1, 2), groups=4), randn(1, 4, 7, 6))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.conv2d, EXTREME_IMAGE, torch.tensor([[[[1e-300, 1.0], [-1e3, 0.0]]]], dtype=torch.float64))


def _spread(cells: Expression, step: tuple[int, int]) -> Expression:
    """Put step − 1 zeros between neighbours in the last two dimensions."""
    if step == (1, 1):
        return cells
    height, width = ((n - 1) * s + 1 for n, s in zip(cells.shape[-2:], step, strict=True))

    def put(texts: np.ndarray, zero: np.ndarray) -> np.ndarray:
        wide = np.empty((*texts.shape[:-2], height, width), dtype=texts.dtype)
        wide[...] = zero
        wide[..., :: step[0], :: step[1]] = texts
        return wide

    return rearranged((cells, as_expression(0)), put)


def _add_up_in_order(
    y: torch.Tensor,
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    stride: int | tuple[int, ...],
    padding: int | tuple[int, ...],
    dilation: int | tuple[int, ...],
    groups: int,
) -> torch.Tensor:
    """Convolve filter element by filter element, each over the whole image at once."""
    (stride_h, stride_w), (pad_h, pad_w), (dilation_h, dilation_w) = pair(stride), pair(padding), pair(dilation)
    batch, filters, height, width = y.shape
    x = torch.unflatten(F.pad(input, (pad_w, pad_w, pad_h, pad_h)), 1, (groups, -1))
    w = torch.unflatten(weight, 0, (groups, -1))
    total = torch.zeros(batch, groups, filters // groups, height, width, dtype=y.dtype)
    for c, u, v in product(*map(range, weight.shape[1:])):
        rows = slice(u * dilation_h, u * dilation_h + (height - 1) * stride_h + 1, stride_h)
        cols = slice(v * dilation_w, v * dilation_w + (width - 1) * stride_w + 1, stride_w)
        total += w[None, :, :, c, u, v, None, None] * x[:, :, None, c, rows, cols]
    total = total.flatten(1, 2)
    return total if bias is None else total + bias[:, None, None]
