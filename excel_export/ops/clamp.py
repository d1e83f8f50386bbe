"""clamp: what lies outside two bounds is set to the bound."""

from collections.abc import Callable
from typing import Any, Self

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import AND, IF, MAX, MIN
from excel_export.formulas.words import figure, listed
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, NUMBERS, ROW, randn

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

    forward_words = "What lies below the lower bound becomes that bound, what lies above the upper one becomes that."
    backward_words = (
        "Between the bounds the gradient passes as it is. Outside a small nudge changes nothing: there it is 0."
    )
    forward_math = "y = min(max(x, low), high)"
    backward_math = "∂L/∂x = g if low ≤ x ≤ high, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        below = [] if self.min is None else [f"what is below {figure(self.min)} becomes {figure(self.min)}"]
        above = [] if self.max is None else [f"what is above {figure(self.max)} becomes {figure(self.max)}"]
        return f"{listed(below + above).capitalize()}. The rest passes unchanged."

    def forward_math_here(self, y: Tensor) -> str:
        inner = "x" if self.min is None else f"max(x, {figure(self.min)})"
        return f"y = {inner}" if self.max is None else f"y = min({inner}, {figure(self.max)})"

    def backward_math_here(self, y: Tensor) -> str:
        low = "" if self.min is None else f"{figure(self.min)} ≤ "
        high = "" if self.max is None else f" ≤ {figure(self.max)}"
        return f"∂L/∂x = g if {low}x{high}, else 0"

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

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x.clamp(-0.5, 0.5), ROW)
        yield Example("at the bounds", lambda x: x.clamp(-0.5, 0.5), torch.tensor([[-2.0, -0.5, 0.1, 0.5, 3.0]]))
        yield Example("below", lambda x: torch.clamp(x, min=0), BORDERS)
        yield Example("above", lambda x: x.clamp(max=0), BORDERS)
        yield Example("one side", lambda x: x.clamp_min(-0.25) + torch.clamp_max(x, 0.25), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: x.clamp(-1e-200, 1e200), NUMBERS, by_element=True, decides=True)
