"""layer_norm: each row of numbers shifted and scaled to the mean 0 and the deviation 1."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._normalisation import OfLast
from excel_export.ops._numbers import IMAGE, ROW, randn


@operator(F.layer_norm, torch.layer_norm)
class layer_norm(OfLast):
    """Layer normalisation over the last dimensions, those of `normalized_shape`."""

    normalized_shape: Sequence[int]
    weight: Tensor | None = None
    bias: Tensor | None = None
    eps: float = 1e-5

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        kwargs.pop("cudnn_enable", None)
        return super().bind(function, *args[:5], **kwargs)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.LayerNorm(3), ROW)
        yield Example("random", lambda x: F.layer_norm(x, (4,), randn(4), randn(4) * 2), randn(3, 4))
        yield Example("with learned weights", lambda x, w: F.layer_norm(x, (4,), w[0], w[1]), randn(3, 4), randn(2, 4))
        yield Example("of a sequence", lambda x, w: F.layer_norm(x, (6,), w, eps=0.1), randn(2, 5, 6), randn(6))
        yield Example("without weights", lambda x: F.layer_norm(x, (4,)), randn(2, 3, 4))
        yield Example("without bias", nn.LayerNorm(6, bias=False), randn(3, 6))
        yield Example("over several dimensions", nn.LayerNorm((3, 6, 5)), IMAGE)
        yield Example("of a vector", nn.LayerNorm(7), randn(7))
        yield Example("of equal numbers", nn.LayerNorm(3), torch.ones(2, 3))
        yield Example("of one", nn.LayerNorm(1), randn(3, 1))
        yield Example("all arguments", lambda x: torch.layer_norm(x, [4], None, None, 1e-3, False), randn(3, 4))
        yield Extreme("", lambda x: F.layer_norm(x, (4,)), _SPREAD, cancels=True)


# Rows of which PyTorch can still square the distances.
_SPREAD = torch.tensor(
    [[1e150, -1e150, 0.0, 1e140], [1e-300, -1e-160, 0.0, 1e-320], [1e3, 1.0, -700.0, 0.5], [1e4, 1e4 + 1, 1e4, 1e4]],
    dtype=torch.float64,
)
