"""flatten: the same numbers in fewer dimensions."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.operator import Expressions, Operator, operator


@operator(torch.flatten, torch.Tensor.flatten)
class flatten(Operator):
    """Merge dimensions `start_dim` to `end_dim` into one."""

    forward_math = "y = x, in another shape"
    backward_math = "∂L/∂x = g, in the shape of x"

    def forward(self, y: Any, input: Any, start_dim: int = 0, end_dim: int = -1) -> Expressions:
        return input.refs.reshape(y.shape)

    def backward(self, y: Any, input: Any, start_dim: int = 0, end_dim: int = -1) -> Iterator[tuple[Any, Expressions]]:
        yield input, y.grad.refs.reshape(input.shape)
