"""neg: the other sign."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.neg, torch.negative, torch.Tensor.neg, torch.Tensor.negative)
class neg(Operator):
    """Each element with the other sign."""

    forward_math = "y = −x"
    backward_math = "∂L/∂x = −g"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("-{}", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("-{}", y.grad)
