"""mul: the product of two tensors, or of a tensor and a number."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each, unbroadcast
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply)
class mul(Operator):
    """The product, with broadcasting."""

    forward_words = "The two numbers are multiplied."
    backward_words = "Each factor gets the gradient times the other factor."
    forward_math = "y = a · b"
    backward_math = "∂L/∂a = g · b,  ∂L/∂b = g · a"

    def forward(self, y: Any, input: Any, other: Any) -> Expressions:
        return each("{}*{}", input, other)

    def backward(self, y: Any, input: Any, other: Any) -> Iterator[tuple[Any, Expressions]]:
        yield input, unbroadcast(input, y.grad, other)
        if not isinstance(other, (int, float)):
            yield other, unbroadcast(other, y.grad, input)
