"""sub: the difference of two tensors, or of a tensor and a number."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formula import each, sum_to
from excel_export.operator import Expressions, Operator, operator


@operator(torch.sub, torch.Tensor.sub)
class sub(Operator):
    """The difference, with broadcasting."""

    forward_math = "y = a − b"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g"

    def check(self, **arguments: Any) -> str | None:
        return "alpha other than 1 is not supported" if arguments["alpha"] != 1 else None

    def forward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Expressions:
        return each("{}-{}", input, other)

    def backward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Iterator[tuple[Any, Expressions]]:
        yield input, sum_to(input.shape, each("{}", y.grad))
        if not isinstance(other, (int, float)):
            yield other, sum_to(other.shape, each("-{}", y.grad))
