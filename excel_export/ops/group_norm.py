"""group_norm: neighbouring channels of a sample, shifted and scaled together."""

from collections.abc import Callable
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Grid, Region, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._normalisation import OfChannels
from excel_export.ops._numbers import IMAGE, randn


@operator(F.group_norm, torch.group_norm)
class group_norm(OfChannels):
    """Group normalisation of (N, C) or (N, C, …): the channels of each sample in `num_groups` groups."""

    num_groups: int
    weight: Tensor | None = None
    bias: Tensor | None = None
    eps: float = 1e-5

    @property
    def of_what(self) -> str:
        return "channel of a sample" if self._each == 1 else "group of channels"

    @property
    def _each(self) -> int:
        """How many channels a group has."""
        return self.input.shape[1] // self.num_groups

    @property
    def lines(self) -> tuple[int, ...]:
        return (self.input.shape[0], self.num_groups)

    def line(self, grid: Grid, *index: int) -> Region:
        n, group = index
        channels = slice(group * self._each, (group + 1) * self._each)
        return grid[(n, channels, *[slice(None)] * (len(self.input.shape) - 2))]

    def spread(self, statistic: Grid) -> Expression:
        n, channels, *rest = self.input.shape
        cells = statistic.cells.reshape(n, self.num_groups, 1).broadcast_to((n, self.num_groups, self._each))
        return cells.reshape(n, channels, *[1] * len(rest))

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        kwargs.pop("cudnn_enabled", None)
        return super().bind(function, *args[:5], **kwargs)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.GroupNorm(2, 4), torch.linspace(-1, 1, 4).reshape(1, 4) ** 2)
        yield Example("of images", lambda x, w: F.group_norm(x, 1, w[0], w[1]), IMAGE, randn(2, 3))
        yield Example("of sequences", lambda x, w: F.group_norm(x, 2, w, eps=0.1), randn(2, 6, 4), randn(6))
        yield Example("without weights", nn.GroupNorm(2, 4, affine=False), randn(3, 4))
        yield Example("each channel alone", nn.GroupNorm(3, 3), IMAGE)
        yield Extreme("", lambda x: F.group_norm(x, 2), _SPREAD, cancels=True)


_SPREAD = torch.tensor([[1e150, -1e150, 1e-160, 1e-300], [1e3, 1.0, -700.0, 0.5]], dtype=torch.float64)
