"""sum: elements added up over some dimensions, or over all."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from excel_export.formulas.formula import along, as_dims, call, kept, table
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.sum, torch.Tensor.sum)
class sum(Operator):
    """The sum over `dim`, one or several, or over everything."""

    forward_math = "y = Σ x"
    backward_math = "∂L/∂x = g, the same for every summand"

    def forward(self, y: Any, input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Expressions:
        dims = as_dims(dim, len(input.shape))
        result = table(kept(input.shape, dims), lambda *index: call("SUM", along(input.value, dims, index)))
        return result.reshape(y.shape)

    def backward(
        self, y: Any, input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None
    ) -> Iterator[tuple[Any, Expressions]]:
        arriving = y.grad.refs.reshape(kept(input.shape, as_dims(dim, len(input.shape))))
        yield input, np.broadcast_to(arriving, input.shape)
