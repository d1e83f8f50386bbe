"""batch_norm: each channel shifted and scaled, by its own statistics or those of a training; group_norm: in groups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import torch
import torch.nn.functional as F

from excel_export.formulas import SQRT, Expression, Grid, Helper, OperandLike, Phrases, Region, Tensor, operator
from excel_export.ops.normalisation import Normalisation

_CHANGED = "_changed_in_training"


class OfChannels(Normalisation):
    """A normalisation of (N, C, …) with weight and bias of shape (C,): an element for each channel."""

    def for_each(self, parameter: Tensor | Grid) -> Expression:
        return parameter.cells.reshape(-1, *[1] * (len(self.input.shape) - 2))

    def met(self, grid: Grid, *index: int) -> Region:
        return grid[(slice(None), *index, *[slice(None)] * (len(self.input.shape) - 2))]


@operator(F.group_norm, torch.group_norm)
class group_norm(OfChannels):
    """Group normalisation of (N, C, …): mean 0 and variance 1 in each sample's `num_groups` groups of channels."""

    num_groups: int
    weight: Tensor | None = None
    bias: Tensor | None = None
    eps: float = 1e-5

    @property
    def of_what(self) -> str:
        return "channel of a sample" if self._each == 1 else "group of channels"

    @property
    def _each(self) -> int:
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


@operator(F.batch_norm, torch.batch_norm)
class batch_norm(OfChannels):
    """Batch normalisation of (N, C) or (N, C, …), with one mean and variance a channel: those of the batch in training
    mode, those that training has settled on in eval mode.
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    weight: Tensor | None = None
    bias: Tensor | None = None
    training: bool = False
    momentum: float = 0.1
    eps: float = 1e-5

    forward_words = "Each channel is shifted and scaled: less its mean, divided by its deviation, both settled in training; then times a weight, plus a bias."
    forward_math = "y = w · x̂ + b,  x̂ = (x − mean) / √(variance + ε)"
    backward_words = (
        "The slope of an input is w divided by the deviation. "
        "A weight's gradient adds up g · x̂ over its channel, a bias's adds up g."
    )
    backward_math = "∂L/∂x = g · w / √(variance + ε),  ∂L/∂w = Σ g · x̂,  ∂L/∂b = Σ g"
    phrases = (
        Phrases(
            lambda self, y: self.training,
            forward_words=OfChannels.forward_words,
            forward_math=OfChannels.forward_math,
            backward_words=OfChannels.backward_words,
            backward_math=OfChannels.backward_math,
        ),
        Phrases(
            lambda self, y: self.weight is None,
            forward_words="Each channel is shifted and scaled: less its mean, divided by its deviation, both settled in training.",
            forward_math="y = (x − mean) / √(variance + ε)",
            backward_words="The slope is 1 divided by the channel's deviation, so each gradient is g divided by it.",
            backward_math="∂L/∂x = g / √(variance + ε)",
        ),
    )

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function is torch.batch_norm:  # whose statistics come after weight and bias
            x, weight, bias, mean, var, training, momentum, eps, _ = args
            args = (x, mean, var, weight, bias, training, momentum, eps)
        bound = super().bind(function, *args, **kwargs)
        statistics = [x for x in (bound.running_mean, bound.running_var) if isinstance(x, torch.Tensor)]
        if bound.training:  # they change, and nothing here may read them
            for tensor in statistics:
                setattr(tensor, _CHANGED, True)
            return replace(bound, running_mean=None, running_var=None)
        if any(hasattr(tensor, _CHANGED) for tensor in statistics):
            raise TypeError(
                "its running statistics were changed by the same layer in training mode earlier in this forward(), which no formula shows: use another layer in eval mode"
            )
        return bound

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        call = cls.bind(function, *args, **kwargs)
        result = F.batch_norm(**call.arguments)
        if result.requires_grad:  # PyTorch's backward pass is wrong of a transposed gradient, for a batch of one
            result.register_hook(torch.Tensor.contiguous)  # type: ignore[no-untyped-call]
        return result

    def check(self) -> str | None:
        given = self.training or (self.running_mean is not None and self.running_var is not None)
        return None if given else "running_mean and running_var must be given"

    @property
    def of_what(self) -> str:
        return "channel of the batch"

    @property
    def lines(self) -> tuple[int, ...]:
        return (self.input.shape[1],)

    def line(self, grid: Grid, *index: int) -> Region:
        return self.met(grid, *index)

    def spread(self, statistic: Grid) -> Expression:
        return self.for_each(statistic)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if self.training:
            return super().helpers(y)

        def normalised() -> OperandLike:
            assert self.running_mean is not None
            return (self.input - self.for_each(self.running_mean)) / self.deviation(y)

        return {"normalised": Helper(y.shape, "x̂", normalised)}

    def deviation(self, y: Tensor) -> Expression:
        if self.training:
            return super().deviation(y)
        assert self.running_var is not None
        return SQRT(self.for_each(self.running_var) + self.eps)

    def slope(self, y: Tensor) -> Expression:
        if self.training:
            return super().slope(y)
        return y.grad.cells if self.weight is None else y.grad * self.for_each(self.weight)
