"""Numbers of many: the middle, the larger of two, lengths that are no roots, distances, covariances."""

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


@composite(torch.median, torch.Tensor.median)
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The number in the middle, of all or along a dimension."""
    if dim is not None:
        return torch.nanmedian(input, dim, keepdim)
    line = input.reshape(-1)
    middle = line.detach().sort(stable=True).values[(line.numel() - 1) // 2]
    found = (line == middle).double()
    return (line * (found / found.sum())).sum()


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


@composite(torch.cov, torch.Tensor.cov)
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariances of variables, one in each row."""
    x = input.reshape(1, -1) if input.dim() < 2 else input
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    if weights is None:
        apart, divisor = x - x.mean(1, keepdim=True), x.shape[1] - correction
        found = apart @ apart.T / divisor
    else:
        total = weights.sum()
        apart = x - (x * weights).sum(1, keepdim=True) / total
        if aweights is None or correction == 0:
            divisor = total - correction
        else:
            divisor = total - correction * (weights * aweights).sum() / total
        found = (apart * weights) @ apart.T / divisor
    return found.reshape(()) if input.dim() < 2 else found


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield larger.example("", lambda x: torch.max(x, x.T), randn(3, 3))
    yield larger.example("ties", lambda x: x.max(other=x.flip(-1)), TIES)
    yield smaller.example("", lambda x: torch.min(x, x.T), randn(3, 3))
    yield smaller.example("ties", lambda x: x.min(other=x.flip(-1)), TIES)
    yield median.example("", lambda x: x.median(), randn(3, 3))
    yield median.example("ties", torch.median, TIES)
    yield median.example("along a dimension", lambda x: torch.median(x, 1).values, randn(3, 4))
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
    yield cov.example("", lambda x: torch.cov(x), randn(2, 4))
    yield cov.example("of one variable", lambda x: x.cov(correction=0), randn(4))
    counts, weights = torch.tensor([1, 2, 1, 3]), torch.tensor([0.5, 1, 2, 0.25]).double()
    yield cov.example("weights", lambda x: torch.cov(x, fweights=counts, aweights=weights), randn(2, 4))
