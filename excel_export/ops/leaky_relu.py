"""leaky_relu: what is negative passes too, but weakened."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(F.leaky_relu)
class leaky_relu(Operator):
    """Leaky rectified linear unit. At exactly 0 its slope is `negative_slope`, as in PyTorch."""

    forward_math = "y = x if x > 0, else slope · x"
    backward_math = "∂L/∂x = g if x > 0, else slope · g"

    def forward(self, y: Any, input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Expressions:
        return each("IF({0}>0,{0},{1}*{0})", input, negative_slope)

    def backward(
        self, y: Any, input: Any, negative_slope: float = 0.01, inplace: bool = False
    ) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("IF({0}>0,{1},{2}*{1})", input, y.grad, negative_slope)
