"""abs: the distance from zero."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.abs, torch.absolute, torch.Tensor.abs, torch.Tensor.absolute)
class abs(Operator):
    """The size of each element without its sign. At exactly 0 its gradient is 0, as in PyTorch."""

    forward_math = "y = |x|"
    backward_math = "∂L/∂x = g · sign(x), 0 at 0"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("ABS({})", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{}*SIGN({})", y.grad, input)
