"""reciprocal: one divided by the input, as in 1 / x."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.reciprocal, torch.Tensor.reciprocal)
class reciprocal(Operator):
    """The reciprocal of each element."""

    forward_math = "y = 1 / x"
    backward_math = "∂L/∂x = −g · y²"

    def forward(self, y: Any, input: Any) -> Expressions:
        return each("1/{}", input)

    def backward(self, y: Any, input: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("-{0}*{1}*{1}", y.grad, y)
