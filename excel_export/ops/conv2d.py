"""conv2d: a small filter slides over the image; each stop is a weighted sum.

Every sum is a SUMPRODUCT of two rectangles. To make all of them rectangles, three auxiliary tensors
may stand on the sheet: the weight turned by 180° (which turns the gradient of the input into a plain
convolution), the weight with zeros between its elements (dilation), and the gradient with zeros between
its elements (stride).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formula import call, dot, table
from excel_export.operator import Expressions, Operator, Workspace, operator


def pair(setting: int | tuple[int, ...]) -> tuple[int, int]:
    """A setting for both directions: 3 means (3, 3)."""
    values = (setting,) if isinstance(setting, int) else tuple(setting)
    return (values[0], values[-1])


def overlap(start: int, length: int, size: int) -> tuple[slice, slice]:
    """Where a window [start, start + length) lies over an axis of `size`: the part of the axis it
    covers, and the part of the window that covers it. What hangs over the edge meets only padding.
    """
    low, high = max(start, 0), max(min(start + length, size), max(start, 0))
    return slice(low, high), slice(low - start, high - start)


def flip(part: slice, size: int) -> slice:
    """The same part of an axis, counted from its other end."""
    return slice(size - part.stop, size - part.start)


def spread(cells: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    """Put step − 1 zeros between neighbours in the last two dimensions."""
    h, w = ((n - 1) * s + 1 for n, s in zip(cells.shape[-2:], step, strict=True))
    wide = np.full((*cells.shape[:-2], h, w), "0", dtype=object)
    wide[..., :: step[0], :: step[1]] = cells
    return wide


@operator(F.conv2d)
class conv2d(Operator):
    """2-D convolution of (N, C, H, W) with a weight of shape (O, C / groups, kH, kW)."""

    forward_math = "yₒ(i, j) = Σ w(o, c, u, v) · x(c, i + u, j + v) + bₒ"
    backward_math = (
        "∂L/∂x = g convolved with w turned by 180°,  "
        "∂L/∂w(o, c, u, v) = Σ gₒ(i, j) · x(c, i + u, j + v),  ∂L/∂bₒ = Σ gₒ"
    )

    def check(self, **arguments: Any) -> str | None:
        if len(arguments["input"].shape) != 4:
            return "only batched (N, C, H, W) inputs are supported"
        return "padding by name is not supported: give it as numbers" if isinstance(arguments["padding"], str) else None

    def workspace(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
                  dilation: Any = 1, groups: int = 1) -> dict[str, Workspace]:  # fmt: skip
        stride, dilation = pair(stride), pair(dilation)
        reach = tuple((k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation, strict=True))
        extent = tuple((n - 1) * s + 1 for n, s in zip(y.shape[2:], stride, strict=True))
        work, filters = {}, (*weight.shape[:2], *reach)
        if dilation != (1, 1):
            work["dilated"] = Workspace(filters, "w with zeros between (dilation)", "parameters", matrix=True)
        if input.grad is not None and weight.shape[2:] != (1, 1) and y.shape[2:] != (1, 1):
            work["turned"] = Workspace(filters, "w turned by 180°", "parameters", matrix=True)
        if extent != tuple(y.shape[2:]):
            work["spread"] = Workspace((*y.shape[:2], *extent), "g with zeros between (stride)", "backward")
        return work

    def fill(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
             dilation: Any = 1, groups: int = 1) -> dict[str, Expressions]:  # fmt: skip
        dilated = spread(weight.refs, pair(dilation))
        cells = {
            "dilated": dilated,
            "turned": dilated[:, :, ::-1, ::-1],
            "spread": spread(y.grad.refs, pair(stride)),
        }
        return {name: cells[name] for name in y.work}

    def forward(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
                dilation: Any = 1, groups: int = 1) -> Expressions:  # fmt: skip
        (stride_h, stride_w), (pad_h, pad_w) = pair(stride), pair(padding)
        kernel = y.work.get("dilated", weight.value)
        per_group, filters = weight.shape[1], weight.shape[0] // groups

        def stop(n: int, o: int, i: int, j: int) -> str:
            first = o // filters * per_group
            rows, kernel_rows = overlap(i * stride_h - pad_h, kernel.shape[2], input.shape[2])
            cols, kernel_cols = overlap(j * stride_w - pad_w, kernel.shape[3], input.shape[3])
            total = dot(
                input.value[n, first : first + per_group, rows, cols],
                kernel[o, :per_group, kernel_rows, kernel_cols],
            )
            return total if bias is None else f"{total}+{bias.refs[o]}"

        return table(y.shape, stop)

    def backward(self, y: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
                 dilation: Any = 1, groups: int = 1) -> Iterator[tuple[Any, Expressions]]:  # fmt: skip
        (pad_h, pad_w), (dilation_h, dilation_w) = pair(padding), pair(dilation)
        per_group, filters = weight.shape[1], weight.shape[0] // groups
        gradient = y.work.get("spread", y.grad)
        height, width = gradient.shape[2:]

        def input_gradient(n: int, c: int, a: int, b: int) -> str:
            turned = y.work.get("turned", y.work.get("dilated", weight.value))
            first = c // per_group * filters
            rows, kernel_rows = overlap(a + pad_h - turned.shape[2] + 1, turned.shape[2], height)
            cols, kernel_cols = overlap(b + pad_w - turned.shape[3] + 1, turned.shape[3], width)
            if "turned" not in y.work:  # one element of the filter at a time: take it from the other end
                kernel_rows, kernel_cols = flip(kernel_rows, turned.shape[2]), flip(kernel_cols, turned.shape[3])
            return dot(
                gradient[n, first : first + filters, rows, cols],
                turned[first : first + filters, c % per_group, kernel_rows, kernel_cols],
            )

        def weight_gradient(o: int, c: int, u: int, v: int) -> str:
            channel = o // filters * per_group + c
            rows, gradient_rows = overlap(u * dilation_h - pad_h, height, input.shape[2])
            cols, gradient_cols = overlap(v * dilation_w - pad_w, width, input.shape[3])
            return dot(
                gradient[:, o, gradient_rows, gradient_cols],
                input.value[:, channel, rows, cols],
            )

        if input.grad is not None:
            yield input, table(input.shape, input_gradient)
        yield weight, table(weight.shape, weight_gradient)
        if bias is not None:
            yield bias, table(bias.shape, lambda o: call("SUM", y.grad[:, o, :, :]))
