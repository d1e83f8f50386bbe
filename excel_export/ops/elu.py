"""elu: like relu, but the negative side bends smoothly towards −α."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(F.elu)
class elu(Operator):
    """Exponential linear unit. At exactly 0 its slope is `alpha`, as in PyTorch."""

    forward_math = "y = x if x > 0, else α · (eˣ − 1)"
    backward_math = "∂L/∂x = g if x > 0, else g · α · eˣ"

    def forward(self, y: Any, input: Any, alpha: float = 1.0, inplace: bool = False) -> Expressions:
        # A tiny x would lose its digits in eˣ − 1.
        return each("IF({0}>0,{0},{1}*IF({0}>-0.00001,{0}+{0}*{0}/2,EXP(MIN(0,{0}))-1))", input, alpha)

    def backward(
        self, y: Any, input: Any, alpha: float = 1.0, inplace: bool = False
    ) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("IF({0}>0,{1},{1}*{2}*EXP(MIN(0,{0})))", input, y.grad, alpha)
