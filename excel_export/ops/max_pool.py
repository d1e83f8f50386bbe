"""Max pools, with windows of a given size or as many as the output is to have; with the winners' places, or without."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas import Cases, Example, Tensor
from excel_export.ops._max_pool import MaxPool, WithIndices
from excel_export.ops._numbers import TIES, ramp, randn
from excel_export.ops._rows import row
from excel_export.ops._windows import Setting, per_axis, shares


class Windowed(MaxPool):
    """A max pool with windows of one size."""

    to_what = ""

    kernel_size: Setting
    stride: Setting | None = None
    padding: Setting = 0
    dilation: Setting = 1
    ceil_mode: bool = False
    return_indices: bool = False

    @classmethod
    def cases(cls) -> Cases:
        rank, pool = cls.rank, cls.with_settings
        image = randn(2, 2, *((7,), (6, 5), (2, 4, 3))[rank - 1])
        ties = TIES.reshape(1, 1, *((16,), (4, 4), (2, 2, 4))[rank - 1])
        yield Example("", pool(2), ramp(1, 1, *((6,), (4, 4), (2, 4, 2))[rank - 1]).sin())
        yield Example("random", pool(2), image)
        yield Example("overlapping", pool((2, 3, 3)[3 - rank :], 1), image)
        yield Example("padded", pool(3, 2, 1), image)
        yield Example("padded, all negative", pool(2, 2, 1), -image.abs() - 1)
        yield Example("ties", pool(2), ties)
        yield Example("overlapping ties", pool((2, 2, 3)[3 - rank :], 1), ties)
        yield Example("dilation", pool(2, 1, 0, (1, 2, 2)[3 - rank :]), image)
        yield Example("dilation ties", pool(2, 1, 1, (1, 1, 2)[3 - rank :]), ties)
        yield Example("ceil_mode", pool((2, 3, 2)[:rank], ceil_mode=True), image)
        everything = pool((3, 2, 2)[:rank], (2, 1, 2)[:rank], (1, 0, 1)[:rank], (2, 1, 1)[:rank], ceil_mode=True)
        yield Example("everything", everything, randn(1, 2, *(7, 4, 3)[:rank]))
        yield Example("unbatched", pool((1, 1, 2)[3 - rank :], (1, 2, 1)[3 - rank :]), image[0])
        yield cls.extreme()

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


class Adaptive(MaxPool):
    """A max pool to a given size; where it does not divide, windows overlap."""

    to_what = " to a given size"

    output_size: int | tuple[int | None, ...]
    return_indices: bool = False

    @classmethod
    def cases(cls) -> Cases:
        rank, pool = cls.rank, cls.with_settings
        image = randn(2, 2, *((4,), (6, 5), (3, 2, 3))[rank - 1])
        yield Example("", pool((1, 2, 2)[3 - rank :]), ramp(1, 1, *((3,), (4, 4), (2, 3, 2))[rank - 1]).sin())
        yield Example("uneven", pool(((3,), (4, 3), (2, None, 2))[rank - 1]), image)
        yield Example("ties", pool((2, 3, 3)[3 - rank :]), TIES.reshape(1, 1, *((16,), (4, 4), (2, 2, 4))[rank - 1]))
        yield Example("to one, unbatched", pool((1,) * rank), image[0])
        yield cls.extreme()

    @property
    def window(self) -> tuple[int, ...]:
        sizes = self.input.shape[-self.rank :]
        wanted = (self.output_size,) * self.rank if isinstance(self.output_size, int) else tuple(self.output_size)
        wanted = wanted * self.rank if len(wanted) == 1 else wanted
        return tuple(max(stop - start for start, stop in shares(n, m or n)) for n, m in zip(sizes, wanted, strict=True))

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        sizes = zip(self.input.shape[-self.rank :], y.shape[-self.rank :], strict=True)
        return [[list(range(*span)) for span in shares(*size)] for size in sizes]


_AXES = {1: "(…, L)", 2: "(…, H, W)", 3: "(…, D, H, W)"}
_C = torch._C._nn
_Table = tuple[tuple[str, int, type[Windowed | Adaptive], tuple[Any, ...]], ...]
_PLAIN: _Table = (
    ("max_pool1d", 1, Windowed, (F.max_pool1d, torch.max_pool1d)),
    ("max_pool2d", 2, Windowed, (F.max_pool2d, torch.max_pool2d)),
    ("max_pool3d", 3, Windowed, (F.max_pool3d, torch.max_pool3d)),
    ("adaptive_max_pool1d", 1, Adaptive, (F.adaptive_max_pool1d,)),
    ("adaptive_max_pool2d", 2, Adaptive, (F.adaptive_max_pool2d,)),
    ("adaptive_max_pool3d", 3, Adaptive, (F.adaptive_max_pool3d,)),
)
_WITH_INDICES: _Table = (
    ("max_pool1d_with_indices", 1, Windowed, (F.max_pool1d_with_indices, torch.max_pool1d_with_indices)),
    ("max_pool2d_with_indices", 2, Windowed, (F.max_pool2d_with_indices, _C.max_pool2d_with_indices)),
    ("max_pool3d_with_indices", 3, Windowed, (F.max_pool3d_with_indices, _C.max_pool3d_with_indices)),
    ("adaptive_max_pool1d_with_indices", 1, Adaptive, (F.adaptive_max_pool1d_with_indices, torch.adaptive_max_pool1d)),
    ("adaptive_max_pool2d_with_indices", 2, Adaptive, (F.adaptive_max_pool2d_with_indices, _C.adaptive_max_pool2d)),
    ("adaptive_max_pool3d_with_indices", 3, Adaptive, (F.adaptive_max_pool3d_with_indices, _C.adaptive_max_pool3d)),
)
for _name, _rank, _base, _functions in _PLAIN:
    row(_name, _functions, _base, rank=_rank, __doc__=f"Max pooling of {_AXES[_rank]}{_base.to_what}.")
for _name, _rank, _base, _functions in _WITH_INDICES:
    _what = f"Max pooling of {_AXES[_rank]}{_base.to_what}, and the places of the winners."
    row(_name, _functions, WithIndices, _base, rank=_rank, __doc__=_what)
