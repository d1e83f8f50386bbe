"""layer_norm: each row of numbers shifted and scaled to the mean 0 and the deviation 1; rms_norm: scaled alone."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import SQRT, Cases, Example, Expression, Extreme, Grid, Helper, Region, Tensor, operator
from excel_export.ops._normalisation import Normalisation
from excel_export.ops._numbers import IMAGE, ROW, doubles, randn

# Rows of which PyTorch can still square the numbers.
_SPREAD = doubles([1e150, -1e150, 0.0, 1e140], [1e-300, -1e-160, 0.0, 1e-320], [1e3, 1.0, -700.0, 0.5])
_FLAT = doubles([1e4, 1e4 + 1, 1e4, 1e4])


class OfLast(Normalisation):
    """A normalisation over the last dimensions; the weight has one element for each place there."""

    normalized_shape: Sequence[int]

    @property
    def of_what(self) -> str:
        return "row"

    @property
    def _lead(self) -> int:
        """How many dimensions stand before those that are normalised."""
        return len(self.input.shape) - len(self.normalized_shape)

    @property
    def lines(self) -> tuple[int, ...]:
        return (*self.input.shape[: self._lead], *[1] * len(self.normalized_shape))

    def line(self, grid: Grid, *index: int) -> Region:
        return grid[(*index[: self._lead], *[slice(None)] * len(self.normalized_shape))]

    def spread(self, statistic: Grid) -> Expression:
        return statistic.cells

    def for_each(self, parameter: Tensor | Grid) -> Expression:
        return parameter.cells

    def met(self, grid: Grid, *index: int) -> Region:
        return grid[(*[slice(None)] * self._lead, *index)]


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
        yield Extreme("", lambda x: F.layer_norm(x, (4,)), torch.cat((_SPREAD, _FLAT)), cancels=True)


@operator(F.rms_norm, torch.rms_norm)
class rms_norm(OfLast):
    """Root-mean-square normalisation over the last dimensions: nothing is shifted, all is scaled."""

    normalized_shape: Sequence[int]
    weight: Tensor | None = None
    eps: float | None = None

    forward_words = "Each row is divided by the root of its mean square.{then}"
    forward_math = "y = {_weighed}x / √(mean x² + ε)"
    backward_words = (
        "If all of a row grew in proportion, nothing would change: so this part of the gradient is taken off. "
        "The rest is divided by the root."
    )
    backward_math = "∂L/∂x = ({g} − x̂ · mean({g} · x̂)) / √(mean x² + ε){by_weight}"

    @property
    def small(self) -> float:
        return torch.finfo(torch.float64).eps if self.eps is None else self.eps

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        x = self.input
        backward = self._backward_helpers(y)
        backward.pop("mean g", None)
        return {
            "mean square": Helper(self.lines, "the mean of x²", lambda: self.mean_product(x.value, x.value)),
            "normalised": Helper(x.shape, "x̂ = x / √(mean x² + ε)", lambda: x / self.deviation(y)),
            **backward,
        }

    def deviation(self, y: Tensor) -> Expression:
        return SQRT(self.spread(y.helpers["mean square"]) + self.small)

    def slope(self, y: Tensor) -> Expression:
        return self._arriving(y) - y.helpers["normalised"] * self.spread(y.helpers["mean g x̂"])

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.RMSNorm(3), ROW)
        yield Example("with learned weights", lambda x, w: F.rms_norm(x, (4,), w, 1e-3), randn(3, 4), randn(4))
        yield Example("of a sequence", lambda x: F.rms_norm(x, (6,)), randn(2, 5, 6))
        yield Example("over several dimensions", nn.RMSNorm((3, 4)), randn(2, 3, 4))
        yield Example("of a vector", nn.RMSNorm(7, eps=0.1), randn(7))
        yield Extreme("", lambda x: F.rms_norm(x, (4,), eps=1e-5), _SPREAD, cancels=True)
