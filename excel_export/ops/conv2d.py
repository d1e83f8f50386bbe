"""conv2d: a small filter slides over the image; each stop is a weighted sum.

Every sum is a SUMPRODUCT of two rectangles. To make them rectangles, auxiliary tensors may stand on the
sheet: the weight turned by 180° (which turns the gradient of the input into a plain convolution), the
weight with zeros between its elements (dilation), the gradient with zeros between its elements (stride).

A few channels are summed one SUMPRODUCT each, which reads like the textbook. Many channels are copied
row by row into one tall image, so that a window over all of them is a single rectangle.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas.formula import call, dot, table
from excel_export.formulas.grid import Region
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator
from excel_export.formulas.terms import GROUP, Terms, in_letters

# Up to this many channels are summed one by one.
READABLE = 12

Span = tuple[int, int]
"""Where a part of an axis starts and stops."""


def pair(setting: int | tuple[int, ...]) -> tuple[int, int]:
    """A setting for both directions: 3 means (3, 3)."""
    values = (setting,) if isinstance(setting, int) else tuple(setting)
    return (values[0], values[-1])


def overlap(start: int, length: int, size: int) -> tuple[Span, Span]:
    """Where a window [start, start + length) lies over an axis of `size`: the part of the axis it
    covers, and the part of the window that covers it. What hangs over the edge meets only padding.
    """
    low, high = max(start, 0), max(min(start + length, size), max(start, 0))
    return (low, high), (low - start, high - start)


def sweep(stops: int, stride: int, start: int, length: int, size: int) -> list[tuple[Span, Span]]:
    """`overlap` at each stop of a window that moves along an axis by `stride`."""
    return [overlap(start + k * stride, length, size) for k in range(stops)]


def flip(part: Span, size: int) -> Span:
    """The same part of an axis, counted from its other end."""
    return size - part[1], size - part[0]


def spread(cells: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    """Put step − 1 zeros between neighbours in the last two dimensions."""
    if step == (1, 1):
        return cells
    h, w = ((n - 1) * s + 1 for n, s in zip(cells.shape[-2:], step, strict=True))
    wide = np.full((*cells.shape[:-2], h, w), "0", dtype=object)
    wide[..., :: step[0], :: step[1]] = cells
    return wide


def _add_up_in_order(
    y: torch.Tensor, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None,
    stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
) -> torch.Tensor:  # fmt: skip
    """Convolve filter element by filter element, each over the whole image at once."""
    (stride_h, stride_w), (pad_h, pad_w), (dilation_h, dilation_w) = pair(stride), pair(padding), pair(dilation)
    batch, filters, height, width = y.shape
    x = F.pad(input, (pad_w, pad_w, pad_h, pad_h)).unflatten(1, (groups, -1))
    w = weight.unflatten(0, (groups, -1))
    total = torch.zeros(batch, groups, filters // groups, height, width, dtype=y.dtype)
    for c, u, v in product(*map(range, weight.shape[1:])):
        rows = slice(u * dilation_h, u * dilation_h + (height - 1) * stride_h + 1, stride_h)
        cols = slice(v * dilation_w, v * dilation_w + (width - 1) * stride_w + 1, stride_w)
        total += w[None, :, :, c, u, v, None, None] * x[:, :, None, c, rows, cols]
    total = total.flatten(1, 2)
    return total if bias is None else total + bias[:, None, None]


@operator(F.conv2d)
class conv2d(Operator):
    """2-D convolution of (N, C, H, W) with a weight of shape (O, C / groups, kH, kW)."""

    forward_words = (
        "A small filter slides over the image. At each stop its weights and the pixels under it are "
        "multiplied in pairs and added up, plus a bias."
    )
    backward_words = (
        "Each weight has met many pixels: its gradient adds up, over all stops, the gradient there times the "
        "pixel there. Each pixel was seen by several weights: its gradient adds up what each of them sends "
        "back."
    )
    forward_math = "yₒ(i, j) = Σ w(o, c, u, v) · x(c, i + u, j + v) + bₒ"
    backward_math = (
        "∂L/∂x = g convolved with w turned by 180°,  "
        "∂L/∂w(o, c, u, v) = Σ gₒ(i, j) · x(c, i + u, j + v),  ∂L/∂bₒ = Σ gₒ"
    )

    def evaluate(self, function: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """PyTorch's result, rounded alike wherever the image is alike.

        PyTorch adds up the products in an order that varies over the image. On a plain background its results
        then differ in the last digit, and a max pool after it picks its winner by chance instead of the first.
        """
        result = function(*args, **kwargs)
        with torch.no_grad():
            uniform = _add_up_in_order(result, **self.signature.bind(*args, **kwargs).arguments)
        return result + (uniform - result).detach()

    def check(self, **arguments: Any) -> str | None:
        if len(arguments["input"].shape) != 4:
            return "only batched (N, C, H, W) inputs are supported"
        return "padding by name is not supported: give it as numbers" if isinstance(arguments["padding"], str) else None

    def workspace(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
                  dilation: Any = 1, groups: int = 1) -> dict[str, Workspace]:  # fmt: skip
        reach = tuple((k - 1) * d + 1 for k, d in zip(weight.shape[2:], pair(dilation), strict=True))
        extent = tuple((n - 1) * s + 1 for n, s in zip(y.shape[2:], pair(stride), strict=True))
        filters, gradient = (*weight.shape[:2], *reach), (*y.shape[:2], *extent)
        many_filters = weight.shape[0] // groups > READABLE
        work = {}
        if weight.shape[1] > READABLE:
            work["x rows"] = Workspace(input.shape, "the channels of x, row by row", interleave=1)
            work["w rows"] = Workspace(filters, "the channels of w, row by row", "parameters", interleave=1)
        elif reach != tuple(weight.shape[2:]):
            work["w spread"] = Workspace(filters, "w with zeros between (dilation)", "parameters", matrix=True)
        if y.grad is None:
            return work
        if extent != tuple(y.shape[2:]):
            work["g spread"] = Workspace(gradient, "g with zeros between (stride)", "backward")
        if input.grad is not None and many_filters:
            work["g rows"] = Workspace(gradient, "the channels of g, row by row", "backward", interleave=1)
            work["w turned"] = Workspace(filters, "w turned by 180°, filters row by row", "parameters", interleave=0)
        elif input.grad is not None and reach != (1, 1) and y.shape[2:] != (1, 1):
            work["w turned"] = Workspace(filters, "w turned by 180°", "parameters", matrix=True)
        return work

    def fill(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
             dilation: Any = 1, groups: int = 1) -> dict[str, Expressions]:  # fmt: skip
        wide = spread(weight.refs, pair(dilation))
        cells = {"x rows": input.refs, "w rows": wide, "w spread": wide, "w turned": wide[:, :, ::-1, ::-1]}
        if y.grad is not None:
            cells["g spread"] = cells["g rows"] = spread(y.grad.refs, pair(stride))
        return {name: cells[name] for name in y.work}

    def forward(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
                dilation: Any = 1, groups: int = 1) -> Expressions:  # fmt: skip
        (stride_h, stride_w), (pad_h, pad_w) = pair(stride), pair(padding)
        x = y.work.get("x rows", input.value)
        w = y.work.get("w rows", y.work.get("w spread", weight.value))
        per_group, filters = weight.shape[1], weight.shape[0] // groups
        rows = sweep(y.shape[2], stride_h, -pad_h, w.shape[2], x.shape[2])
        cols = sweep(y.shape[3], stride_w, -pad_w, w.shape[3], x.shape[3])
        biases = [""] * weight.shape[0] if bias is None else ["+" + ref for ref in bias.refs]

        @cache
        def window(n: int, first: int, rows: Span, cols: Span) -> Region:
            return x[n, first : first + per_group, slice(*rows), slice(*cols)]

        @cache
        def kernel(o: int, rows: Span, cols: Span) -> Region:
            return w[o, :, slice(*rows), slice(*cols)]

        def stop(n: int, o: int, i: int, j: int) -> str:
            (x_rows, w_rows), (x_cols, w_cols) = rows[i], cols[j]
            return dot(window(n, o // filters * per_group, x_rows, x_cols), kernel(o, w_rows, w_cols)) + biases[o]

        return table(y.shape, stop)

    def backward(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
                 dilation: Any = 1, groups: int = 1) -> Iterator[tuple[Any, Expressions]]:  # fmt: skip
        if input.grad is not None:
            yield input, self._input_gradient(y, input, weight, pair(padding), groups)
        yield weight, self._weight_gradient(y, input, weight, pair(padding), pair(dilation), groups)
        if bias is not None:
            yield bias, table(bias.shape, lambda o: call("SUM", y.grad[:, o, :, :]))

    def terms(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
              dilation: Any = 1, groups: int = 1) -> Iterator[tuple[Any, Terms]]:  # fmt: skip
        batch, _, height, width = y.shape
        places = ({"n": batch} if batch > 1 else {}) | {"i": height, "j": width}
        channel = {"c": 1, GROUP: weight.shape[1] if groups > 1 else 0}
        row, col = (
            {place: step, element: gap, "": -edge}
            for place, element, step, gap, edge in zip(
                "ij", "uv", pair(stride), pair(dilation), pair(padding), strict=True
            )
        )
        sample, over = ("n, ", "samples n and positions i, j") if batch > 1 else ("", "positions i, j")
        yield weight, Terms(
            {"o": "filter", "c": "channel", "u": "row", "v": "column"}, places,
            ("n", "o", "i", "j"), ("n", channel, row, col),
            f"∂L/∂w(o, c, u, v)  =  Σ  g({sample}o, i, j) · x({sample}{in_letters(channel)}, {in_letters(row)}, "
            f"{in_letters(col)})    over all {over}",
            "The filter slides over the image, so this weight is used at every position, each time with another "
            "number x of its input. Each use counts as the gradient g that arrives there times that x.",
            edges=(2, 3), group=weight.shape[0] // groups,
        )  # fmt: skip
        if bias is not None:
            yield bias, Terms(
                {"o": "filter"}, places, ("n", "o", "i", "j"), None,
                f"∂L/∂b(o)  =  Σ  g({sample}o, i, j)    over all {over}",
                "The bias is added at every position of its map, so every gradient g that arrives there counts "
                "once, as it is.",
            )  # fmt: skip

    def _input_gradient(self, y: Any, input: Any, weight: Any, padding: tuple[int, int], groups: int) -> Expressions:
        g = y.work.get("g rows", y.work.get("g spread", y.grad))
        w = y.work.get("w turned", y.work.get("w spread", weight.value))
        per_group, filters = weight.shape[1], weight.shape[0] // groups
        rows, cols = (
            sweep(input.shape[axis], 1, padding[axis - 2] - w.shape[axis] + 1, w.shape[axis], g.shape[axis])
            for axis in (2, 3)
        )
        if "w turned" not in y.work:  # one element of the filter at a time: take it from the other end
            rows = [(of_g, flip(of_w, w.shape[2])) for of_g, of_w in rows]
            cols = [(of_g, flip(of_w, w.shape[3])) for of_g, of_w in cols]

        @cache
        def window(n: int, first: int, rows: Span, cols: Span) -> Region:
            return g[n, first : first + filters, slice(*rows), slice(*cols)]

        @cache
        def kernel(first: int, c: int, rows: Span, cols: Span) -> Region:
            return w[first : first + filters, c, slice(*rows), slice(*cols)]

        def stop(n: int, c: int, i: int, j: int) -> str:
            first = c // per_group * filters
            (g_rows, w_rows), (g_cols, w_cols) = rows[i], cols[j]
            return dot(window(n, first, g_rows, g_cols), kernel(first, c % per_group, w_rows, w_cols))

        return table(input.shape, stop)

    def _weight_gradient(
        self, y: Any, x: Any, weight: Any, padding: tuple[int, int], dilation: tuple[int, int], groups: int
    ) -> Expressions:
        g = y.work.get("g spread", y.grad)
        per_group, filters = weight.shape[1], weight.shape[0] // groups
        rows, cols = (
            sweep(weight.shape[axis], dilation[axis - 2], -padding[axis - 2], g.shape[axis], x.shape[axis])
            for axis in (2, 3)
        )

        @cache
        def gradient(o: int, rows: Span, cols: Span) -> Region:
            return g[:, o, slice(*rows), slice(*cols)]

        @cache
        def window(c: int, rows: Span, cols: Span) -> Region:
            return x.value[:, c, slice(*rows), slice(*cols)]

        def element(o: int, c: int, u: int, v: int) -> str:
            (x_rows, g_rows), (x_cols, g_cols) = rows[u], cols[v]
            channel = o // filters * per_group + c
            return dot(gradient(o, g_rows, g_cols), window(channel, x_rows, x_cols))

        return table(weight.shape, element)
