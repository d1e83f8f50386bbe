"""cat: tensors one after another along a dimension they have."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.cat, torch.concat, torch.concatenate)
class cat(Operator):
    """Join tensors along the existing dimension `dim`."""

    forward_words = "The inputs are put one after another in one list."
    backward_words = "Each input takes back its own part of the gradient."
    forward_math = "y = (x₁, x₂, …)"
    backward_math = "∂L/∂xₖ = the part of g that came from xₖ"

    def forward(self, y: Any, tensors: Any, dim: int = 0) -> Expressions:
        return np.concatenate([x.refs for x in tensors], axis=dim)

    def backward(self, y: Any, tensors: Any, dim: int = 0) -> Iterator[tuple[Any, Expressions]]:
        ends = np.cumsum([x.shape[dim] for x in tensors])
        yield from zip(tensors, np.split(y.grad.refs, ends[:-1], axis=dim), strict=True)
