"""Max pools with windows of a given size: the largest element of each."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._max_pool import MaxPool, WithIndices, both, largest
from excel_export.ops._numbers import APART, EXTREME_IMAGE, IMAGE, PICTURE, ROW, TIES, ramp, randn
from excel_export.ops._windows import Setting, per_axis


class WindowedMax(MaxPool):
    """A max pool with windows of one size."""

    kernel_size: Setting
    stride: Setting | None = None
    padding: Setting = 0
    dilation: Setting = 1
    ceil_mode: bool = False
    return_indices: bool = False

    @property
    def window(self) -> tuple[int, ...]:
        return per_axis(self.kernel_size, self.rank)

    @property
    def has_gaps(self) -> bool:
        return set(per_axis(self.dilation, self.rank)) != {1}

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        settings = (self.kernel_size, self.stride or self.kernel_size, self.padding, self.dilation)
        kernel, stride, padding, dilation = (per_axis(setting, self.rank) for setting in settings)
        sizes = (self.input.shape[-self.rank :], y.shape[-self.rank :])
        return [list(_places(*axis)) for axis in zip(kernel, stride, padding, dilation, *sizes, strict=True)]


def _places(size: int, step: int, pad: int, gap: int, length: int, stops: int) -> Iterator[list[int]]:
    """The places under a window at each of its stops along an axis."""
    for i in range(stops):
        places = (i * step - pad + k * gap for k in range(size))
        yield [place for place in places if 0 <= place < length]


@operator(F.max_pool1d, torch.max_pool1d)
class max_pool1d(WindowedMax):
    """Max pooling of (…, L)."""

    rank = 1

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.MaxPool1d(2), ROW.repeat(1, 2))
        yield Example("everything", nn.MaxPool1d(3, 2, 1, 2, ceil_mode=True), randn(2, 3, 7))
        yield Example("ties", lambda x: F.max_pool1d(x, 2, 1), TIES[0, 0])
        yield Extreme("", lambda x: F.max_pool1d(x, 2), APART)


@operator(F.max_pool2d, torch.max_pool2d)
class max_pool2d(WindowedMax):
    """Max pooling of (…, H, W)."""

    rank = 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.MaxPool2d(2), PICTURE)
        yield Example("random", lambda x: F.max_pool2d(x, 2), IMAGE)
        yield Example("overlapping", nn.MaxPool2d(3, stride=1), IMAGE)
        yield Example("padded", nn.MaxPool2d(3, stride=2, padding=1), IMAGE)
        yield Example("padded, all negative", nn.MaxPool2d(2, padding=1), -IMAGE.abs() - 1)
        yield Example("ties", lambda x: F.max_pool2d(x, 2), TIES)
        yield Example("overlapping ties", lambda x: F.max_pool2d(x, 3, 1), TIES)
        yield Example("dilation", nn.MaxPool2d((2, 3), stride=1, dilation=2), IMAGE)
        yield Example("dilation ties", nn.MaxPool2d(2, 1, padding=1, dilation=(1, 2)), TIES)
        yield Example("ceil_mode", nn.MaxPool2d((2, 3), ceil_mode=True), IMAGE)
        yield Example("everything", nn.MaxPool2d((3, 2), (2, 1), (1, 0), (2, 1), ceil_mode=True), randn(2, 2, 7, 6))
        yield Example("unbatched", nn.MaxPool2d((1, 2), (2, 1)), IMAGE[0])
        yield Extreme("", lambda x: F.max_pool2d(x, 2), EXTREME_IMAGE)


@operator(F.max_pool3d, torch.max_pool3d)
class max_pool3d(WindowedMax):
    """Max pooling of (…, D, H, W)."""

    rank = 3

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.MaxPool3d(2), ramp(1, 1, 2, 4, 2).sin())
        yield Example("padded", nn.MaxPool3d((2, 3, 2), (1, 2, 2), (0, 1, 1)), randn(1, 2, 3, 4, 3))
        yield Example("dilation, unbatched", nn.MaxPool3d(2, 1, dilation=(1, 2, 1)), randn(2, 2, 4, 3))
        yield Extreme("", lambda x: F.max_pool3d(x, (1, 2, 2)), EXTREME_IMAGE)


@operator(F.max_pool1d_with_indices, torch.max_pool1d_with_indices)
class max_pool1d_with_indices(WithIndices, WindowedMax):
    """Max pooling of (…, L), and the places of the winners."""

    rank = 1

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", both(F.max_pool1d, 2), ROW.repeat(1, 2))
        yield Example("everything", both(F.max_pool1d, 3, 2, 1, 2),
                      randn(2, 3, 7))  # fmt: skip
        yield Extreme("", largest(F.max_pool1d, 2), APART)


@operator(F.max_pool2d_with_indices, torch._C._nn.max_pool2d_with_indices)
class max_pool2d_with_indices(WithIndices, WindowedMax):
    """Max pooling of (…, H, W), and the places of the winners."""

    rank = 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", both(F.max_pool2d, 2), PICTURE)
        yield Example("ties", both(F.max_pool2d, 2, 1), TIES)
        yield Example("everything", both(F.max_pool2d, (3, 2), (2, 1), (1, 0), (2, 1), ceil_mode=True),
                      randn(2, 2, 7, 6))  # fmt: skip
        yield Extreme("", largest(F.max_pool2d, 2), EXTREME_IMAGE)


@operator(F.max_pool3d_with_indices, torch._C._nn.max_pool3d_with_indices)
class max_pool3d_with_indices(WithIndices, WindowedMax):
    """Max pooling of (…, D, H, W), and the places of the winners."""

    rank = 3

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", both(F.max_pool3d, 2), ramp(1, 1, 2, 4, 2).sin())
        yield Extreme("", largest(F.max_pool3d, (1, 2, 2)), EXTREME_IMAGE)
