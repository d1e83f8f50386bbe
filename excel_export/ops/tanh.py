"""tanh: any number to one between −1 and 1."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.tanh, torch.Tensor.tanh)
class tanh(Operator):
    """The hyperbolic tangent of each element."""

    forward_math = "y = tanh x"
    backward_math = "∂L/∂x = g · (1 − y²)"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("TANH({})", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{0}*(1-{1}*{1})", y.grad, y)
