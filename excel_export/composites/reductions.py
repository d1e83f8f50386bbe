"""Numbers of many: the larger of two, lengths that are no roots, distances."""

import math
from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.formulas import Dims, as_dims
from excel_export.ops._numbers import ROW, TIES, randn


def _of_two(input: Any, dim: Any = None, *_: Any, other: Any = None, **__: Any) -> bool:
    return isinstance(dim, torch.Tensor) or other is not None


larger = composite(torch.max, torch.Tensor.max, when=_of_two)(lambda input, other: torch.maximum(input, other))
smaller = composite(torch.min, torch.Tensor.min, when=_of_two)(lambda input, other: torch.minimum(input, other))


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


@composite(torch.cdist)
def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "") -> Any:
    """The distance of each row of one matrix from each row of another."""
    apart = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    if p != math.inf:
        return torch.linalg.vector_norm(apart, p, -1)
    # Where several coordinates are the largest, PyTorch gives each of them the whole gradient here, and no share of it.
    sizes = apart.abs()
    largest = sizes.detach().amax(-1)
    counts = sizes == largest.unsqueeze(-1)
    return largest + ((sizes - sizes.detach()) * counts).sum(-1)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield larger.example("", lambda x: torch.max(x, x.T), randn(3, 3))
    yield larger.example("ties", lambda x: x.max(other=x.flip(-1)), TIES)
    yield smaller.example("", lambda x: torch.min(x, x.T), randn(3, 3))
    yield smaller.example("ties", lambda x: x.min(other=x.flip(-1)), TIES)
    yield norm_without_root.example("", lambda x: torch.linalg.vector_norm(x, 1), ROW)
    yield norm_without_root.example("the largest", lambda x: torch.linalg.vector_norm(x, math.inf, 1), randn(3, 4))
    yield norm_without_root.example(
        "the smallest", lambda x: torch.linalg.vector_norm(x, -math.inf, (0, 1), True), randn(3, 4)
    )
    yield norm_without_root.example("how many", lambda x: torch.linalg.vector_norm(x, 0, 1) * x.sum(1), ROW)
    yield cdist.example("", torch.cdist, randn(2, 3), randn(4, 3))
    yield cdist.example("city blocks", lambda x, y: torch.cdist(x, y, 1), randn(2, 2, 3), randn(2, 3, 3))
    tied = torch.tensor([[1.0, 0], [3, 2], [0, 5]])
    yield cdist.example("of a row from itself", lambda x: torch.cdist(x, x), tied)
    yield cdist.example("the largest coordinate", lambda x: torch.cdist(x, x, math.inf), tied)
