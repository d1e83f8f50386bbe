"""clamp: what lies outside two bounds is set to the bound."""

from collections.abc import Callable
from typing import Any, Self

import torch

from excel_export.formulas import AND, IF, MAX, MIN, OperandLike, Tensor, operator
from excel_export.ops._elementwise import Elementwise

_ONE_BOUND: dict[Callable[..., Any], str] = {
    torch.clamp_min: "min",
    torch.Tensor.clamp_min: "min",
    torch.clamp_max: "max",
    torch.Tensor.clamp_max: "max",
}


@operator(torch.clamp, torch.clip, torch.Tensor.clamp, torch.Tensor.clip, *_ONE_BOUND)
class clamp(Elementwise):
    """Clamp between two numbers, or on one side. At a bound the gradient passes, as in PyTorch."""

    min: float | None = None
    max: float | None = None

    forward_math = "y = min(max(x, low), high)"
    backward_math = "∂L/∂x = g if low ≤ x ≤ high, else 0"

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function in _ONE_BOUND and len(args) > 1:
            return cls(args[0], **{_ONE_BOUND[function]: args[1]})
        return super().bind(function, *args, **kwargs)

    def check(self) -> str | None:
        if any(isinstance(bound, Tensor) for bound in (self.min, self.max)):
            return "only numbers as bounds are supported"
        if self.min is not None and self.max is not None and self.min > self.max:
            return "a lower bound above the upper one is not supported"
        return None

    def forward(self, y: Tensor) -> OperandLike:
        above = self.input if self.min is None else MAX(self.input, self.min)
        return above if self.max is None else MIN(above, self.max)

    def gradient(self, y: Tensor) -> OperandLike:
        inside = [] if self.min is None else [self.input >= self.min]
        inside += [] if self.max is None else [self.input <= self.max]
        return IF(AND(*inside), y.grad, 0)
