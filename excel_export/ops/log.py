"""log: the natural logarithm."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.log, torch.Tensor.log)
class log(Operator):
    """The natural logarithm of each element."""

    forward_math = "y = ln x"
    backward_math = "∂L/∂x = g / x"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("LN({})", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{}/{}", y.grad, input)
