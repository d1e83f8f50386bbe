"""clamp: what lies outside two bounds is set to the bound."""

from collections.abc import Callable, Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator

_BOUNDS: dict[Callable, str] = {
    torch.clamp_min: "min",
    torch.Tensor.clamp_min: "min",
    torch.clamp_max: "max",
    torch.Tensor.clamp_max: "max",
}


@operator(torch.clamp, torch.clip, torch.Tensor.clamp, torch.Tensor.clip, *_BOUNDS)
class clamp(Operator):
    """Clamp between two numbers, or on one side. At a bound the gradient passes, as in PyTorch."""

    forward_math = "y = min(max(x, low), high)"
    backward_math = "∂L/∂x = g if low ≤ x ≤ high, else 0"

    def bind(self, function: Callable, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if function in _BOUNDS and len(args) > 1:
            kwargs = {_BOUNDS[function]: args[1]}
            args = args[:1]
        return super().bind(function, *args, **kwargs)

    def check(self, **arguments: Any) -> str | None:
        bounds = (arguments["min"], arguments["max"])
        if not all(bound is None or isinstance(bound, (int, float)) for bound in bounds):
            return "only numbers as bounds are supported"
        return (
            None if None in bounds or bounds[0] <= bounds[1] else "a lower bound above the upper one is not supported"
        )

    def forward(self, y: Any, input: Any, min: float | None = None, max: float | None = None) -> Expressions:
        if min is None:
            return each("MIN({},{})", input, max)
        return each("MAX({},{})" if max is None else "MIN(MAX({},{}),{})", input, min, max)

    def backward(
        self, y: Any, input: Any, min: float | None = None, max: float | None = None
    ) -> Iterator[tuple[Any, Expressions]]:
        bounds = {"{0}>={2}": min, "{0}<={3}": max}
        inside = ",".join(template for template, bound in bounds.items() if bound is not None)
        yield input, each(f"IF(AND({inside}),{{1}},0)", input, y.grad, min, max)
