"""square: each element times itself."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.square, torch.Tensor.square)
class square(Operator):
    """The square of each element."""

    forward_math = "y = x²"
    backward_math = "∂L/∂x = g · 2x"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("{0}*{0}", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{}*2*{}", y.grad, input)
