"""instance_norm: each channel of each sample shifted and scaled by itself."""

from collections.abc import Callable
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._normalisation import OfGroups
from excel_export.ops._numbers import IMAGE, randn


@operator(F.instance_norm)
class instance_norm(OfGroups):
    """Instance normalisation of (N, C, …), by the statistics of each channel of each sample."""

    weight: Tensor | None = None
    bias: Tensor | None = None
    use_input_stats: bool = True
    eps: float = 1e-5

    of_what = "channel of a sample"
    forward_words = (
        "Each channel of each sample is shifted to the mean 0 and scaled to the deviation 1. Then times a weight, plus "
        "a bias."
    )
    backward_words = (
        "If all of a channel grew alike, or in proportion, nothing would change: so this part of the gradient is "
        "taken off. The rest is divided by the deviation."
    )

    @property
    def groups(self) -> int:
        return self.input.shape[1]

    @classmethod
    def bind(
        cls,
        function: Callable[..., Any],
        input: torch.Tensor,
        running_mean: torch.Tensor | None = None,
        running_var: torch.Tensor | None = None,
        weight: torch.Tensor | None = None,
        bias: torch.Tensor | None = None,
        use_input_stats: bool = True,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Self:
        # The running statistics change in training, and nothing here reads them.
        return super().bind(function, input, weight, bias, use_input_stats, eps)

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        names = ("running_mean", "running_var")
        kept = [None if 0 < k < 3 else item for k, item in enumerate(args)]
        return function(*kept, **{key: item for key, item in kwargs.items() if key not in names})

    def check(self) -> str | None:
        return None if self.use_input_stats else "running statistics are not supported: leave out track_running_stats"

    @staticmethod
    def examples() -> Examples:
        yield Example("", nn.InstanceNorm1d(2), torch.linspace(-1, 1, 6).reshape(1, 2, 3) ** 2)
        yield Example("of images", lambda x, w: F.instance_norm(x, weight=w[0], bias=w[1]), IMAGE, randn(2, 3))
        yield Example("of one image", nn.InstanceNorm2d(3, affine=True), IMAGE[0])
        yield Example("in training", nn.InstanceNorm2d(3, affine=True, track_running_stats=True), IMAGE)
        yield Example("of volumes", nn.InstanceNorm3d(2, eps=0.1), randn(2, 2, 2, 3, 2))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.instance_norm, _SPREAD, cancels=True)


_SPREAD = torch.tensor([[[1e150, -1e150, 0, 1], [1e-160, 1e-300, 1e3, -700]]], dtype=torch.float64)
