"""relu: what is positive passes."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(F.relu, torch.relu, torch.Tensor.relu)
class relu(Operator):
    """Rectified linear unit. At exactly 0 its gradient is 0, as in PyTorch."""

    forward_words = "What is positive passes unchanged; what is negative becomes zero."
    backward_words = (
        "Where the number was positive the gradient passes unchanged. Where it was cut off nothing passes: "
        "nudging it would change nothing."
    )
    forward_math = "y = max(0, x)"
    backward_math = "∂L/∂x = g if x > 0, else 0"

    def forward(self, y: Any, input: Any, inplace: bool = False) -> Expressions:
        return each("MAX(0,{})", input)

    def backward(self, y: Any, input: Any, inplace: bool = False) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("IF({}>0,{},0)", input, y.grad)
