"""Windows that move along the axes of an image: what convolutions and pools have in common."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch

from excel_export.formulas import Operator, Tensor

Span = tuple[int, int]
"""Where a part of an axis starts and stops."""
Sweep = list[tuple[Span, Span]]
"""For each stop of a window: the part of the axis it covers, and the part of the window that covers it."""
Setting = int | tuple[int, ...]
"""One number for all axes, or one for each."""


def per_axis(setting: Setting, rank: int) -> tuple[int, ...]:
    """A setting for every axis: 3 means (3, 3)."""
    values = (setting,) if isinstance(setting, int) else tuple(setting)
    return values * rank if len(values) == 1 else values


def overlap(start: int, length: int, size: int) -> tuple[Span, Span]:
    """Where a window [start, start + length) lies over an axis of `size`: the part of the axis it
    covers, and the part of the window that covers it. What hangs over the edge meets only padding.
    """
    low, high = max(start, 0), max(min(start + length, size), max(start, 0))
    return (low, high), (low - start, high - start)


def sweep(stops: int, stride: int, start: int, length: int, size: int) -> Sweep:
    """`overlap` at each stop of a window that moves along an axis by `stride`."""
    return [overlap(start + k * stride, length, size) for k in range(stops)]


def flip(part: Span, size: int) -> Span:
    """A part of an axis, counted from its other end."""
    return size - part[1], size - part[0]


def shares(length: int, parts: int) -> list[Span]:
    """The windows of an adaptive pool: an axis cut into parts, which overlap where it cannot be divided evenly."""
    return [(i * length // parts, -(-(i + 1) * length // parts)) for i in range(parts)]


AXES = {1: "(…, L)", 2: "(…, H, W)", 3: "(…, D, H, W)"}
"""What a pool is of, in its docstring, by its rank."""
Window = Sequence[Sequence[int]]
"""The places under a window, along each axis."""


class Pool(Operator):
    """An operator on each of some windows; subclasses say which windows these are, and what it makes of them."""

    input: Tensor

    rank: ClassVar[int]
    """Along how many axes, the last ones, the windows lie."""
    to_what: ClassVar[str]
    """What follows on the shape where it is said in a line what it is."""

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"before": self.input.shape[-self.rank :], "after": y.shape[-self.rank :]}

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        """For each axis, the places under each stop of the window, the padding left out."""
        raise NotImplementedError

    def at(self, axes: list[list[list[int]]], index: Sequence[int]) -> Window:
        """The window of one element of the result."""
        return [axis[k] for axis, k in zip(axes, index[-self.rank :], strict=True)]

    @classmethod
    def with_settings(cls, *settings: Any, **more: Any) -> Callable[[torch.Tensor], torch.Tensor]:
        """For cases: the pool with some settings."""
        return lambda x: cls.functions[0](x, *settings, **more)


class WindowedPool(Pool):
    """A pool with windows of one size; the fields of its subclasses say which, as PyTorch calls them."""

    def per_axis(self, name: str) -> tuple[int, ...]:
        """A setting for every axis."""
        settings = {"dilation": 1, **self.arguments}
        return per_axis(settings[name] or (settings["kernel_size"] if name == "stride" else 0), self.rank)

    @property
    def window(self) -> tuple[int, ...]:
        """The size of a window."""
        return self.per_axis("kernel_size")

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        settings = (self.per_axis(name) for name in ("kernel_size", "stride", "padding", "dilation"))
        sizes = (self.input.shape[-self.rank :], y.shape[-self.rank :])
        return [
            [
                [place for k in range(size) if 0 <= (place := stop * step - pad + k * gap) < length]
                for stop in range(stops)
            ]
            for size, step, pad, gap, length, stops in zip(*settings, *sizes, strict=True)
        ]


class AdaptivePool(Pool):
    """A pool to a given size; where it does not divide, windows overlap."""

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        sizes = zip(self.input.shape[-self.rank :], y.shape[-self.rank :], strict=True)
        return [[list(range(*span)) for span in shares(*size)] for size in sizes]
