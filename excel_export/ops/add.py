"""add: the sum of two tensors, or of a tensor and a number."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each, unbroadcast
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.add, torch.Tensor.add)
class add(Operator):
    """The sum, with broadcasting; `alpha` multiplies the second operand."""

    forward_words = "The two numbers are added."
    backward_words = "A sum grows as fast as each of its terms: both get the gradient as it is."
    forward_math = "y = a + b"
    backward_math = "∂L/∂a = g,  ∂L/∂b = g"

    def forward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Expressions:
        return each("{}+{}", input, other) if alpha == 1 else each("{}+{}*{}", input, alpha, other)

    def backward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Iterator[tuple[Any, Expressions]]:
        yield input, unbroadcast(input, y.grad)
        if not isinstance(other, (int, float)):
            gradient = unbroadcast(other, y.grad)
            yield other, gradient if alpha == 1 else each("{}*{}", alpha, gradient)
