"""sqrt: the square root."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.sqrt, torch.Tensor.sqrt)
class sqrt(Operator):
    """The square root of each element."""

    forward_math = "y = √x"
    backward_math = "∂L/∂x = g / (2y)"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("SQRT({})", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{}/(2*{})", y.grad, y)
