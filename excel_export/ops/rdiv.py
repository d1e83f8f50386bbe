"""rdiv: a number divided by the input, as in 2 / x."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.Tensor.__rtruediv__, torch.Tensor.__rdiv__)
class rdiv(Operator):
    """The quotient of a number and each element."""

    forward_math = "y = c / x"
    backward_math = "∂L/∂x = −g · y / x"

    def check(self, **arguments: Any) -> str | None:
        return None if isinstance(arguments["other"], (int, float)) else "only a number can be divided this way"

    def forward(self, y: Any, input: Any, other: Any) -> Expressions:
        return each("{}/{}", other, input)

    def backward(self, y: Any, input: Any, other: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("-{}*{}/{}", y.grad, y, input)
