"""Functions of each element, or of many, that are made of others; and | ^ ~ of truth values."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import Composite, composite
from excel_export.formulas import Dims, as_dims
from excel_export.shared.errors import UnsupportedOperator

logaddexp = composite(torch.logaddexp, torch.Tensor.logaddexp)(
    lambda input, other: torch.maximum(input, other) - F.logsigmoid(abs(input - other))  # which cannot overflow
)
lerp = composite(torch.lerp, torch.Tensor.lerp)(lambda input, end, weight: input + weight * (end - input))


@composite(torch.xlogy, torch.special.xlogy, torch.Tensor.xlogy)
def xlogy(input: Any, other: Any) -> Any:
    """Return input · ln(other), element by element, and 0 where `input` is 0, even for ln 0."""
    if not isinstance(other, torch.Tensor):
        return input * math.log(other)
    counts = torch.logical_or(torch.as_tensor(input) != 0, other > 0)
    return input * torch.log(torch.where(counts, other, 1.0))


def _refuse_bits(*operands: Any) -> None:
    for each in operands:
        if not isinstance(each, bool) and getattr(each, "dtype", None) is not torch.bool:
            raise UnsupportedOperator(
                "& | ^ ~ are supported for truth values only, not for the bits of whole numbers, which a spreadsheet computes with functions newer than Excel 2007: n & 3 is n % 4; compute others before the export, and give what they give as an input"
            )


def _of_truth(logical: Callable[..., Any], *functions: Callable[..., Any]) -> Composite:
    """The composite of functions that are a connective where no operand is a whole number."""

    def connected(input: Any, *others: Any) -> Any:
        _refuse_bits(input, *others)
        return logical(input, *map(torch.as_tensor, others))

    return composite(*functions)(connected)


T = torch.Tensor
bitwise_and = _of_truth(torch.logical_and, torch.bitwise_and, T.bitwise_and, T.__and__)
bitwise_or = _of_truth(torch.logical_or, torch.bitwise_or, T.bitwise_or, T.__or__)
bitwise_xor = _of_truth(torch.ne, torch.bitwise_xor, T.bitwise_xor, T.__xor__)
bitwise_not = _of_truth(torch.logical_not, torch.bitwise_not, T.bitwise_not, T.__invert__)


def _of_two(input: Any, dim: Any = None, *_: Any, other: Any = None, **__: Any) -> bool:
    return isinstance(dim, torch.Tensor) or other is not None


larger = composite(torch.max, torch.Tensor.max, when=_of_two)(lambda input, other: torch.maximum(input, other))
smaller = composite(torch.min, torch.Tensor.min, when=_of_two)(lambda input, other: torch.minimum(input, other))


def _is_no_root(input: Any, ord: float = 2, *args: Any, **kwargs: Any) -> bool:
    return ord in (0, 1, math.inf, -math.inf)


@composite(torch.linalg.vector_norm, when=_is_no_root)
def norm_without_root(input: Any, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """For `ord` 1 the sum of the absolute values; for ∞ the largest, for −∞ the least; for 0 how many are not 0."""
    dims = as_dims(dim, input.dim())
    if ord == 0:
        return (input != 0).sum(dims, keepdim).to(input.dtype)
    sizes = input.abs()
    if ord == 1:
        return sizes.sum(dims, keepdim)
    return sizes.amax(dims, keepdim) if ord > 0 else sizes.amin(dims, keepdim)


@composite(torch.cdist)
def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "") -> Any:
    """The (P, R) distances of rows, (Σ |difference|^p)^(1/p), for (P, M) and (R, M), also in batches."""
    apart = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    if p != math.inf:
        return torch.linalg.vector_norm(apart, p, -1)
    # Where several coordinates are the largest, PyTorch gives each of them the whole gradient here, and no share of it.
    sizes = apart.abs()
    largest = sizes.detach().amax(-1)
    counts = sizes == largest.unsqueeze(-1)
    return largest + ((sizes - sizes.detach()) * counts).sum(-1)
