"""mean: the average over some dimensions, or over all."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from excel_export.formulas.formula import MOST_ARGUMENTS, along, as_dims, call, each, kept, table
from excel_export.formulas.grid import Region
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(torch.mean, torch.Tensor.mean)
class mean(Operator):
    """The mean over `dim`, one or several, or over everything."""

    forward_math = "y = (1/n) · Σ x"
    backward_math = "∂L/∂x = g / n"

    def forward(self, y: Any, input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Expressions:
        dims = as_dims(dim, len(input.shape))
        result = table(kept(input.shape, dims), lambda *index: average(along(input.value, dims, index)))
        return result.reshape(y.shape)

    def backward(
        self, y: Any, input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None
    ) -> Iterator[tuple[Any, Expressions]]:
        dims = as_dims(dim, len(input.shape))
        n = math.prod(input.shape[axis] for axis in dims)
        arriving = np.broadcast_to(y.grad.refs.reshape(kept(input.shape, dims)), input.shape)
        yield input, each("{}" if n == 1 else "{}/" + str(n), arriving)


def average(region: Region) -> str:
    """The mean of a region; AVERAGE cannot be nested where Excel would allow too few arguments."""
    if len(region.ranges) <= MOST_ARGUMENTS:
        return call("AVERAGE", region)
    return f"{call('SUM', region)}/{math.prod(n for n, _, _ in region.dims)}"
