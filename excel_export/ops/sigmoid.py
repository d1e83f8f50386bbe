"""sigmoid: any number to one between 0 and 1."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.sigmoid, torch.special.expit, torch.Tensor.sigmoid)
class sigmoid(Operator):
    """The logistic function. EXP only ever sees numbers up to 0, so it cannot overflow."""

    forward_math = "y = 1 / (1 + e⁻ˣ)"
    backward_math = "∂L/∂x = g · y · (1 − y)"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("EXP(MIN(0,{0}))/(1+EXP(-ABS({0})))", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{0}*{1}*(1-{1})", y.grad, y)
