"""div: the quotient of two tensors, or of a tensor and a number."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formula import each, sum_to
from excel_export.operator import Expressions, Operator, operator


@operator(torch.div, torch.Tensor.div)
class div(Operator):
    """The quotient, with broadcasting."""

    forward_math = "y = a / b"
    backward_math = "∂L/∂a = g / b,  ∂L/∂b = −g · y / b"

    def check(self, **arguments: Any) -> str | None:
        return "rounding_mode is not supported" if arguments["rounding_mode"] is not None else None

    def forward(self, y: Any, input: Any, other: Any, rounding_mode: str | None = None) -> Expressions:
        return each("{}/{}", input, other)

    def backward(
        self, y: Any, input: Any, other: Any, rounding_mode: str | None = None
    ) -> Iterator[tuple[Any, Expressions]]:
        yield input, sum_to(input.shape, each("{}/{}", y.grad, other))
        if not isinstance(other, (int, float)):
            yield other, sum_to(other.shape, each("-{}*{}/{}", y.grad, y, other))
