"""Lengths of vectors that are no roots: sums, largest and smallest numbers, and how many are not 0."""

import math
from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.formulas import Dims, as_dims
from excel_export.ops._numbers import ROW, randn


def _is_no_root(input: Any, ord: float = 2, *args: Any, **kwargs: Any) -> bool:
    return ord in (0, 1, math.inf, -math.inf)


@composite(torch.linalg.vector_norm, when=_is_no_root)
def norm_without_root(input: Any, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum of the sizes, the largest, the smallest, or how many are not 0."""
    dims = as_dims(dim, input.dim())
    if ord == 0:
        return (input != 0).sum(dims, keepdim).to(input.dtype)
    sizes = input.abs()
    if ord == 1:
        return sizes.sum(dims, keepdim)
    return sizes.amax(dims, keepdim) if ord > 0 else sizes.amin(dims, keepdim)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield norm_without_root.example("", lambda x: torch.linalg.vector_norm(x, 1), ROW)
    yield norm_without_root.example("the largest", lambda x: torch.linalg.vector_norm(x, math.inf, 1), randn(3, 4))
    yield norm_without_root.example(
        "the smallest", lambda x: torch.linalg.vector_norm(x, -math.inf, (0, 1), True), randn(3, 4)
    )
    yield norm_without_root.example("how many", lambda x: torch.linalg.vector_norm(x, 0, 1) * x.sum(1), ROW)
