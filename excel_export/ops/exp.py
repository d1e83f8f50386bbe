"""exp: e to the power of each element, its own derivative."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.exp, torch.Tensor.exp)
class exp(Operator):
    """The exponential of each element; from 709.8 on it is too large for a spreadsheet."""

    forward_math = "y = eˣ"
    backward_math = "∂L/∂x = g · y"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("EXP({})", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{}*{}", y.grad, y)
