"""dropout: in training, some numbers become 0, by a mask that is drawn at random; in eval mode, nothing is dropped."""

import math
from collections.abc import Callable
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F

from excel_export.formulas import Gradients, OperandLike, Operator, Tensor, operator
from excel_export.formulas.operator import Phrases

_DROPPED = -1.7580993408473766
"""The number that alpha dropout puts in the place of a dropped one: selu's limit for −∞, −1.0507 · 1.6733."""
_CHANNELS = (F.dropout1d, F.dropout2d, F.dropout3d, torch.feature_dropout)
_ALPHA = (F.alpha_dropout, torch.alpha_dropout)
_ALPHA_CHANNELS = (F.feature_alpha_dropout, torch.feature_alpha_dropout)


@operator(F.dropout, torch.dropout, *_CHANNELS, *_ALPHA, *_ALPHA_CHANNELS)
class dropout(Operator):
    """Dropout, of numbers or of whole channels. The mask is an input of the workbook: 1 stays, 0 is dropped."""

    input: Tensor
    p: float = 0.5
    training: bool = True
    inplace: bool = False
    mask: Tensor | None = None
    """In training, 1 for what stays and 0 for what is dropped, in the input's shape, or (2, 3, 1, 1) for whole channels
    of (2, 3, 4, 4); None if nothing is dropped."""
    is_alpha: bool = False
    """True for alpha dropout, which keeps mean and spread, as selu wants it."""
    drawn: ClassVar[tuple[str, ...]] = ("mask",)
    """The field that PyTorch draws at random, and that becomes an input of the workbook."""

    forward_words = "The numbers where the mask is 1 stay, the others are dropped, about {dropped} of 100. What stays is divided by {kept}, so that the sum stays about the same."
    forward_math = "y = x · m / {kept}"
    backward_words = "The gradient goes the same way: it passes where the mask is 1, scaled alike, and is 0 elsewhere."
    backward_math = "∂L/∂x = g · m / {kept}"
    phrases = (
        Phrases(
            lambda self, y: self.mask is None,
            forward_words="Dropout changes something in training only: here the numbers pass unchanged.",
            forward_math="y = x",
            backward_words="The gradient passes as it is.",
            backward_math="∂L/∂x = g",
        ),
        Phrases(
            lambda self, y: self.is_alpha,
            forward_words="The numbers where the mask is 1 stay, the others are dropped, about {dropped} of 100. Then all are scaled and moved so that their mean and their spread stay.",
            forward_math="y = {scale} · (x if m = 1, else {instead}) + {_shift}",
            backward_math="∂L/∂x = g · {scale} · m",
        ),
        Phrases(lambda self, y: self.p == 1, forward_math="y = x · 0", backward_math="∂L/∂x = 0"),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"dropped": 100 * self.p, "kept": 1 - self.p, "scale": _scale(self.p), "instead": _DROPPED}

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if "train" in kwargs:
            kwargs["training"] = kwargs.pop("train")
        bound = super().bind(function, *args, **kwargs)
        is_alpha = function in _ALPHA + _ALPHA_CHANNELS
        if not bound.training or bound.p == 0:
            return cls(bound.input, bound.p, False, bound.inplace)
        x: Any = bound.input  # still PyTorch's
        mask: Any = _drawn(function, x, bound.p, is_alpha)
        return cls(bound.input, bound.p, True, bound.inplace, mask, is_alpha)

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        return (0, 1) if tensor is self.mask else None

    @property
    def _shift(self) -> float:
        return -_DROPPED * _scale(self.p) * self.p

    def forward(self, y: Tensor) -> OperandLike:
        if self.mask is None:
            return self.input
        if self.p == 1:
            return 0 * self.input
        if self.is_alpha:
            return _scale(self.p) * (self.input * self.mask + _DROPPED * (1 - self.mask)) + self._shift
        return self.input * self.mask / (1 - self.p)

    def backward(self, y: Tensor) -> Gradients:
        if self.mask is None:
            yield self.input, y.grad
        elif self.p == 1:
            yield self.input, 0 * y.grad
        elif self.is_alpha:
            yield self.input, y.grad * _scale(self.p) * self.mask
        else:
            yield self.input, y.grad * self.mask / (1 - self.p)


def _scale(p: float) -> float:
    return 1 / math.sqrt((_DROPPED**2 * p + 1) * (1 - p)) if p < 1 else 0


def _drawn(function: Callable[..., Any], x: torch.Tensor, p: float, is_alpha: bool) -> torch.Tensor:
    """The mask that the function will draw next: 1 for what stays; one number a channel where it drops channels."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        result = function(torch.ones_like(x), p, True)
    # The middle between what becomes of 1 and of what is dropped.
    kept = result > (_scale(p) * ((1 + _DROPPED) / 2 - _DROPPED * p) if is_alpha else 0)
    if function in _CHANNELS + _ALPHA_CHANNELS:
        has_no_batch = (function, x.dim()) in ((F.dropout1d, 2), (F.dropout3d, 4))
        channels = 1 if has_no_batch else 2
        kept = kept[(slice(None),) * channels + (slice(0, 1),) * (x.dim() - channels)]
    mask: torch.Tensor = kept.long()
    return mask
