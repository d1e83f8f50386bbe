"""Comparisons gt, ge, lt, le, eq, ne: 1 where they hold, else 0. Step functions: no gradient passes."""

from collections.abc import Iterator
from typing import Any, ClassVar

import torch

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


class Comparison(Operator):
    """One of the six, with broadcasting. A spreadsheet takes numbers that agree in 15 digits as equal,
    some engines all that differ by less than 2e-16.
    """

    sign: ClassVar[str]
    backward_math = "∂L/∂a = 0,  ∂L/∂b = 0: nudging them leaves y as it is"

    def forward(self, y: Any, input: Any, other: Any) -> Expressions:
        return each(f"IF({{}}{self.sign}{{}},1,0)", input, other)

    def backward(self, y: Any, input: Any, other: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("0*{}", input)
        if not isinstance(other, (int, float)):
            yield other, each("0*{}", other)


@operator(torch.gt, torch.greater, torch.Tensor.gt, torch.Tensor.greater, torch.Tensor.__gt__)
class gt(Comparison):
    """Greater than: `a > b`."""

    sign = ">"
    forward_math = "y = 1 if a > b, else 0"


@operator(torch.ge, torch.greater_equal, torch.Tensor.ge, torch.Tensor.greater_equal, torch.Tensor.__ge__)
class ge(Comparison):
    """Greater or equal: `a >= b`."""

    sign = ">="
    forward_math = "y = 1 if a ≥ b, else 0"


@operator(torch.lt, torch.less, torch.Tensor.lt, torch.Tensor.less, torch.Tensor.__lt__)
class lt(Comparison):
    """Less than: `a < b`."""

    sign = "<"
    forward_math = "y = 1 if a < b, else 0"


@operator(torch.le, torch.less_equal, torch.Tensor.le, torch.Tensor.less_equal, torch.Tensor.__le__)
class le(Comparison):
    """Less or equal: `a <= b`."""

    sign = "<="
    forward_math = "y = 1 if a ≤ b, else 0"


@operator(torch.eq, torch.Tensor.eq, torch.Tensor.__eq__)
class eq(Comparison):
    """Equal: `a == b`."""

    sign = "="
    forward_math = "y = 1 if a = b, else 0"


@operator(torch.ne, torch.not_equal, torch.Tensor.ne, torch.Tensor.not_equal, torch.Tensor.__ne__)
class ne(Comparison):
    """Not equal: `a != b`."""

    sign = "<>"
    forward_math = "y = 1 if a ≠ b, else 0"
