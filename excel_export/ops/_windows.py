"""Windows that move along the axes of an image: the common part of convolutions and pools."""

from collections.abc import Sequence
from typing import Any, ClassVar

from excel_export.formulas import Operator, Tensor

Span = tuple[int, int]
"""The start and the stop of a part of an axis, from 0 on; the stop is not in it."""
Sweep = list[tuple[Span, Span]]
"""For each stop of a window: the part of the axis under it, and the part of the window that covers it."""
Setting = int | tuple[int, ...]
"""A number for all axes, or one for each."""


def per_axis(setting: Setting, rank: int) -> tuple[int, ...]:
    """Return a setting, one number for all axes or one for each, as a tuple with `rank` numbers.

    Example:
        >>> per_axis(3, 2), per_axis((1, 2), 2)
        ((3, 3), (1, 2))
    """
    values = (setting,) if isinstance(setting, int) else tuple(setting)
    return values * rank if len(values) == 1 else values


def overlap(start: int, length: int, size: int) -> tuple[Span, Span]:
    """Return the part of an axis of `size` under a window [start, start + length), and the part of the window over it.

    The part of a window that hangs over the edge meets only padding.

    Example:
        >>> overlap(-1, 3, 5)
        ((0, 2), (1, 3))
    """
    low, high = max(start, 0), max(min(start + length, size), max(start, 0))
    return (low, high), (low - start, high - start)


def sweep(stops: int, stride: int, start: int, length: int, size: int) -> Sweep:
    """Return `overlap` at each of the `stops` of a window that moves along an axis by `stride`, from `start` on.

    Example:
        >>> sweep(stops=2, stride=2, start=-1, length=3, size=5)
        [((0, 2), (1, 3)), ((1, 4), (0, 3))]
    """
    return [overlap(start + k * stride, length, size) for k in range(stops)]


def flip(part: Span, size: int) -> Span:
    """Return the start and stop of a part of an axis of `size` places, counted from the axis's other end.

    Example:
        >>> flip((0, 1), 3)
        (2, 3)
    """
    return size - part[1], size - part[0]


def shares(length: int, parts: int) -> list[Span]:
    """Return an adaptive pool's windows, (start, stop): an axis cut into parts, which overlap if it doesn't divide.

    Example:
        >>> shares(5, 3)
        [(0, 2), (1, 4), (3, 5)]
    """
    return [(i * length // parts, -(-(i + 1) * length // parts)) for i in range(parts)]


AXES = {1: "(…, L)", 2: "(…, H, W)", 3: "(…, D, H, W)"}
"""The shape of a pool's input, for its docstring, by its rank."""
Window = Sequence[Sequence[int]]
"""The places under a window, along each axis, from 0 on."""


class Pool(Operator):
    """An operator that makes one number of each window of (…, H, W); subclasses say which windows, and what number."""

    input: Tensor

    rank: ClassVar[int]
    """The number of axes, the last ones, along which the windows lie."""
    to_what: ClassVar[str]
    """The words after the shape in the operator's docstring, ' to a given size'; '' for none."""

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"before": self.input.shape[-self.rank :], "after": y.shape[-self.rank :]}

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        """Return for each axis the places under each stop of the window, from 0 on, no padding: [[[0, 1], [2, 3]]].

        `y` is the result: its shape is the number of stops.
        """
        raise NotImplementedError

    def at(self, axes: list[list[list[int]]], index: Sequence[int]) -> Window:
        """Return the places on each of the `axes` under the window of one result: [[2, 3], [0, 1]] at (…, 1, 0)."""
        return [axis[k] for axis, k in zip(axes, index[-self.rank :], strict=True)]


class WindowedPool(Pool):
    """A pool with windows of one size; subclasses have PyTorch's fields `kernel_size`, `stride` and `padding`."""

    def per_axis(self, name: str) -> tuple[int, ...]:
        """Return a setting by its name for every axis: (2, 2) for 'stride', which is `kernel_size` if it is None."""
        settings = {"dilation": 1, **self.arguments}
        return per_axis(settings[name] or (settings["kernel_size"] if name == "stride" else 0), self.rank)

    @property
    def window(self) -> tuple[int, ...]:
        """The size of a window along each axis: (2, 2)."""
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
    """A pool to a given size; windows overlap if it doesn't divide: 5 places to 3 are 0 to 1, 1 to 3, 3 to 4."""

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        sizes = zip(self.input.shape[-self.rank :], y.shape[-self.rank :], strict=True)
        return [[list(range(*span)) for span in shares(*size)] for size in sizes]
