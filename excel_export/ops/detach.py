"""detach: the same numbers, but gradients stop here."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.detach, torch.Tensor.detach)
class detach(Operator):
    """A copy that the gradient does not pass."""

    forward_math = "y = x"
    backward_math = "∂L/∂x = 0: the gradient is stopped on purpose"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("{}", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("0*{}", y.grad)
