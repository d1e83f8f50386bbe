"""cast: the same number as another type. Whole numbers have no gradient."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator

_FLOATS = (torch.Tensor.float, torch.Tensor.double, torch.Tensor.half, torch.Tensor.bfloat16)
_WHOLE = (torch.Tensor.long, torch.Tensor.int, torch.Tensor.bool)


@operator(*_FLOATS, *_WHOLE, torch.Tensor.to, torch.Tensor.type)
class cast(Operator):
    """`x.float()`, `x.long()`, `x.to(dtype)`: from whole numbers to floats, or from floats cut off at the point."""

    forward_words = "The same number as another type."
    backward_words = "A whole number cannot be nudged, so no gradient passes through it."
    forward_math = "y = x, as another type of number"
    backward_math = "∂L/∂x = g from float to float, else 0: a whole number cannot be nudged"

    def evaluate(self, function: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        # Everything is computed in float64, whatever floating type the module asks for.
        result = function(*args, **kwargs)
        return args[0].double() if result.is_floating_point() else result

    def bind(self, function: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        kinds = [getattr(item, "dtype", item) for item in (*args[1:], *kwargs.values())]
        return {"input": args[0], "truth": function is torch.Tensor.bool or any(kind is torch.bool for kind in kinds)}

    def forward(self, y: Any, input: Any, truth: bool) -> Expressions:
        if truth:
            return each("IF({}<>0,1,0)", input)
        return each("TRUNC({})" if input.is_float and not y.is_float else "{}", input)

    def backward(self, y: Any, input: Any, truth: bool) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{}" if input.is_float and y.is_float else "0*{}", y.grad)
