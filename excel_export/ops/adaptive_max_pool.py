"""Adaptive max pools: the largest of as many windows as the output is to have."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._max_pool import MaxPool, WithIndices, both, largest
from excel_export.ops._numbers import APART, EXTREME_IMAGE, IMAGE, PICTURE, ROW, TIES, ramp, randn
from excel_export.ops._windows import shares


class AdaptiveMax(MaxPool):
    """A max pool to a given size; where it does not divide, windows overlap."""

    output_size: int | tuple[int | None, ...]
    return_indices: bool = False

    @property
    def window(self) -> tuple[int, ...]:
        sizes = self.input.shape[-self.rank :]
        wanted = (self.output_size,) * self.rank if isinstance(self.output_size, int) else tuple(self.output_size)
        wanted = wanted * self.rank if len(wanted) == 1 else wanted
        return tuple(max(stop - start for start, stop in shares(n, m or n)) for n, m in zip(sizes, wanted, strict=True))

    def axes(self, y: Tensor) -> list[list[list[int]]]:
        sizes = zip(self.input.shape[-self.rank :], y.shape[-self.rank :], strict=True)
        return [[list(range(*span)) for span in shares(*size)] for size in sizes]


@operator(F.adaptive_max_pool1d)
class adaptive_max_pool1d(AdaptiveMax):
    """Max pooling of (…, L) to a given size."""

    rank = 1

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AdaptiveMaxPool1d(2), ROW)
        yield Example("uneven", nn.AdaptiveMaxPool1d(3), randn(2, 2, 4))
        yield Extreme("", lambda x: F.adaptive_max_pool1d(x, 2), APART)


@operator(F.adaptive_max_pool2d)
class adaptive_max_pool2d(AdaptiveMax):
    """Max pooling of (…, H, W) to a given size."""

    rank = 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AdaptiveMaxPool2d(2), PICTURE)
        yield Example("uneven", nn.AdaptiveMaxPool2d((4, 3)), IMAGE)
        yield Example("ties", nn.AdaptiveMaxPool2d(3), TIES)
        yield Example("to one", nn.AdaptiveMaxPool2d(1), IMAGE[0])
        yield Extreme("", lambda x: F.adaptive_max_pool2d(x, 2), EXTREME_IMAGE)


@operator(F.adaptive_max_pool3d)
class adaptive_max_pool3d(AdaptiveMax):
    """Max pooling of (…, D, H, W) to a given size."""

    rank = 3

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.AdaptiveMaxPool3d((1, 2, 2)), ramp(1, 1, 2, 3, 2).sin())
        yield Example("uneven", nn.AdaptiveMaxPool3d((2, None, 2)), randn(1, 2, 3, 2, 3))
        yield Extreme("", lambda x: F.adaptive_max_pool3d(x, (1, 2, 2)), EXTREME_IMAGE)


@operator(F.adaptive_max_pool1d_with_indices, torch.adaptive_max_pool1d)
class adaptive_max_pool1d_with_indices(WithIndices, AdaptiveMax):
    """Max pooling of (…, L) to a given size, and the places of the winners."""

    rank = 1

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", both(F.adaptive_max_pool1d, 2), ROW)
        yield Example("uneven", both(F.adaptive_max_pool1d, 3), randn(2, 2, 4))
        yield Extreme("", largest(F.adaptive_max_pool1d, 2), APART)


@operator(F.adaptive_max_pool2d_with_indices, torch._C._nn.adaptive_max_pool2d)
class adaptive_max_pool2d_with_indices(WithIndices, AdaptiveMax):
    """Max pooling of (…, H, W) to a given size, and the places of the winners."""

    rank = 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", both(F.adaptive_max_pool2d, 2), PICTURE)
        yield Example("uneven", both(F.adaptive_max_pool2d, (4, 3)), IMAGE)
        yield Example("ties", both(F.adaptive_max_pool2d, 3), TIES)
        yield Extreme("", largest(F.adaptive_max_pool2d, 2), EXTREME_IMAGE)


@operator(F.adaptive_max_pool3d_with_indices, torch._C._nn.adaptive_max_pool3d)
class adaptive_max_pool3d_with_indices(WithIndices, AdaptiveMax):
    """Max pooling of (…, D, H, W) to a given size, and the places of the winners."""

    rank = 3

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", both(F.adaptive_max_pool3d, (1, 2, 2)), ramp(1, 1, 2, 3, 2).sin())
        yield Example(
            "uneven",
            both(F.adaptive_max_pool3d, (2, None, 2)),
            randn(1, 2, 3, 2, 3),
        )
        yield Extreme("", largest(F.adaptive_max_pool3d, (1, 2, 2)), EXTREME_IMAGE)
