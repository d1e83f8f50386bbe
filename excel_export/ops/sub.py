"""sub: the difference of two tensors, or of a tensor and a number."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each, unbroadcast
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.sub, torch.subtract, torch.Tensor.sub, torch.Tensor.subtract)
class sub(Operator):
    """The difference, with broadcasting; `alpha` multiplies the second operand."""

    forward_words = "The second number is taken from the first."
    backward_words = "The first gets the gradient as it is, the second with the opposite sign."
    forward_math = "y = a − b"
    backward_math = "∂L/∂a = g,  ∂L/∂b = −g"

    def forward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Expressions:
        return each("{}-{}", input, other) if alpha == 1 else each("{}-{}*{}", input, alpha, other)

    def backward(self, y: Any, input: Any, other: Any, alpha: float = 1) -> Iterator[tuple[Any, Expressions]]:
        yield input, unbroadcast(input, y.grad)
        if not isinstance(other, (int, float)):
            gradient = unbroadcast(other, y.grad)
            yield other, each("-{}", gradient) if alpha == 1 else each("-{}*{}", alpha, gradient)
