"""rsub: a number or tensor minus the input, as in 1 - x."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each, unbroadcast
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.rsub, torch.Tensor.__rsub__)
class rsub(Operator):
    """The difference the other way round, with broadcasting."""

    forward_math = "y = b − a"
    backward_math = "∂L/∂a = −g,  ∂L/∂b = g"

    def check(self, **arguments: Any) -> str | None:
        return "alpha other than 1 is not supported" if arguments["alpha"] != 1 else None

    def forward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Expressions:
        return each("{}-{}", other, input)

    def backward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("-{}", unbroadcast(input, y.grad))
        if not isinstance(other, (int, float)):
            yield other, unbroadcast(other, y.grad)
