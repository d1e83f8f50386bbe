"""stack: tensors side by side along a new dimension."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.stack)
class stack(Operator):
    """Join tensors of one shape along a new dimension `dim`."""

    forward_words = "The inputs are put side by side."
    backward_words = "Each input takes back the gradient of its own place."
    forward_math = "y = (x₁, x₂, …)"
    backward_math = "∂L/∂xₖ = gₖ"

    def forward(self, y: Any, tensors: Any, dim: int = 0) -> Expressions:
        return np.stack([x.refs for x in tensors], axis=dim)

    def backward(self, y: Any, tensors: Any, dim: int = 0) -> Iterator[tuple[Any, Expressions]]:
        yield from zip(tensors, np.moveaxis(y.grad.refs, dim, 0), strict=True)
