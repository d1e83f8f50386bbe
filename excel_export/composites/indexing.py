"""Elements chosen, sent, replaced and sorted into ranges: what comes down to gather, index_put, scatter_add and where.

Also several rows of a table at once, as in a bag of words, and numbers that are reduced at the places they are sent to.
"""

import itertools
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.composites._composite import composite, sizes
from excel_export.shared.errors import UnsupportedOperator


def _expanded(x: Any, shape: list[int]) -> Any:
    return x if list(x.shape) == shape else x.expand(shape)


@composite(torch.masked_select, torch.Tensor.masked_select)
def masked_select(input: Any, mask: Any) -> Any:
    """The elements where a constant mask is true, in one line: [2, 3] of [1, 2, 3] and [False, True, True].

    With a mask that depends on inputs, they can only be added up, as in a sum, mean or loss: a sheet cannot grow.
    """
    shape = np.broadcast_shapes(tuple(input.shape), tuple(mask.shape))
    return _expanded(input, list(shape))[_expanded(mask, list(shape))]


@composite(torch.masked_scatter, torch.Tensor.masked_scatter)
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """`input` with the numbers of `source` in turn where `mask` is true: [7, 1, 8] of [0, 1, 2], [1, 0, 1], [7, 8]."""
    shape = list(np.broadcast_shapes(tuple(input.shape), tuple(mask.shape)))
    mask = _expanded(mask, shape)
    line = source.reshape(-1)
    place = (mask.reshape(-1).long().cumsum(0) - 1).clamp(0, line.numel() - 1)
    return torch.where(mask, line[place].reshape(shape), _expanded(input, shape))


@composite(torch.repeat_interleave, torch.Tensor.repeat_interleave)
def repeat_interleave(input: Any, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each slice several times: [5, 5, 6] of [5, 6] and the repeats [2, 1]; `dim` None flattens the input first."""
    if dim is None:
        input, dim = input.reshape(-1), 0
    counts = repeats.tolist() if isinstance(repeats, torch.Tensor) else repeats  # which refuses those of inputs
    places = torch.arange(input.shape[dim] if input.dim() else 1)
    places = torch.repeat_interleave(places, torch.as_tensor(counts))
    return torch.index_select(input, dim, places)


@composite(torch.bincount, torch.Tensor.bincount)
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of 0 to `minlength` − 1 comes, [1, 2, 0] for [1, 0, 1] and 3; or the sums of its weights.

    All numbers must be below `minlength`; other calls are refused. No gradient goes on to the weights.
    """
    counts = torch.ones_like(input) if weights is None else weights.detach()
    return torch.zeros(minlength, dtype=counts.dtype).scatter_add(0, input, counts)


_FEW = 32
"""The number of borders up to which each number is compared with all; PyTorch's way to halve more of them is
shorter."""


def _below(borders: Any, numbers: Any, right: bool) -> Any:
    """Return the number of borders, along the last dimension, that are below each number; with `right`, or
    equal to it.
    """
    return (borders <= numbers if right else borders < numbers).sum(-1)


@composite(torch.bucketize)
def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """For each number how many of the sorted `boundaries` are below: 1 for 3 and [1, 3, 5], or 2 with `right`."""
    if len(boundaries) > _FEW:
        return torch.bucketize(input, boundaries, right=right)
    return _below(boundaries, input[..., None], right)


@composite(torch.searchsorted)
def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """As `bucketize`, with the sorted numbers first, a row for each row of `input`: [[1]] for [[1, 3, 5]] and [[3]].

    `side` 'right' is as `right`; `sorter` are the indices that sort `sorted_sequence`.
    """
    if sorter is not None:
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    right = right or side == "right"
    if sorted_sequence.shape[-1] > _FEW:
        return torch.searchsorted(sorted_sequence, input, right=right)
    if not isinstance(input, torch.Tensor):
        return _below(sorted_sequence, input, right)
    borders = sorted_sequence if sorted_sequence.dim() == 1 else sorted_sequence[..., None, :]
    return _below(borders, input[..., None], right)


@composite(F.embedding_bag)
def embedding_bag(
    input: torch.Tensor, weight: torch.Tensor, offsets: torch.Tensor | None = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
    per_sample_weights: torch.Tensor | None = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> torch.Tensor:  # fmt: skip
    """For each bag of indices the mean, sum or maximum (`mode`) of these rows of `weight`: (bags, width).

    A row of a 2-D `input` is a bag; a 1-D one is cut into bags at `offsets`, [0, 2] for a bag of two and the rest.

    Raises:
        UnsupportedOperator: a bag is empty, or `max_norm`, `scale_grad_by_freq` or `padding_idx` is set.
    """
    unsupported = {"max_norm": max_norm is not None, "scale_grad_by_freq": scale_grad_by_freq,
                   "padding_idx": padding_idx is not None}  # fmt: skip
    name = next((name for name, used in unsupported.items() if used), None)
    if name:
        raise UnsupportedOperator(f"operator 'embedding_bag': {name} is not supported")
    found = F.embedding(input, weight)
    if per_sample_weights is not None:
        found = found * per_sample_weights.unsqueeze(-1)
    if offsets is None:
        return _together(found, 1, mode)
    ends = [*sizes(offsets), *(() if include_last_offset else (len(input),))]
    if any(start == end for start, end in itertools.pairwise(ends)):
        raise UnsupportedOperator("operator 'embedding_bag': an empty bag is not supported")
    return torch.stack([
        _together(found[start:end], 0, mode) for start, end in itertools.pairwise(ends)
    ])  # fmt: skip


def _together(rows: torch.Tensor, dim: int, mode: str) -> torch.Tensor:
    if mode == "max":
        return rows.max(dim)[0]
    return rows.sum(dim) if mode == "sum" else rows.mean(dim)


@composite(torch.scatter_reduce, torch.Tensor.scatter_reduce)
def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """Each number of `src` sent to its `index` along `dim`, and combined: [1, 5] of [1, 1], index [1, 1], src [2, 2].

    This is the `reduce` 'sum'; others are 'mean', 'prod', 'amax', 'amin'. Without `include_self` it is [1, 4].
    """
    if src.shape != index.shape:
        src = src[tuple(slice(n) for n in index.shape)]
    if reduce in ("sum", "mean"):
        return _summed(input, dim, index, src, reduce == "mean", include_self)
    return _compared(input, dim, index, src, reduce, include_self)


def _summed(input: Any, dim: int, index: Any, src: Any, is_mean: bool, include_self: bool) -> Any:
    count = torch.zeros(input.shape, dtype=torch.long).scatter_add(dim, index, torch.ones_like(index))
    start = input if include_self else torch.where(count > 0, 0.0, input)
    total = start.scatter_add(dim, index, src)
    return total / (count + 1 if include_self else count.clamp(min=1)).double() if is_mean else total


def _compared(input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool) -> Any:
    """Each place looks at all numbers that are sent, and takes those that are sent to it."""
    dim = dim % max(input.dim(), 1)
    if any(n != m for axis, (n, m) in enumerate(zip(input.shape, index.shape, strict=True)) if axis != dim):
        raise UnsupportedOperator(
            f"scatter_reduce with reduce='{reduce}' is supported where all dimensions but dim are as long as those of the input: cut the input first"
        )
    nothing = {"amax": float("-inf"), "amin": float("inf"), "prod": 1.0}[reduce]
    here = index.movedim(dim, -1).unsqueeze(-2) == torch.arange(input.shape[dim]).unsqueeze(-1)
    numbers = torch.where(here, src.movedim(dim, -1).unsqueeze(-2), nothing)
    own = input.movedim(dim, -1)
    if include_self:
        numbers = torch.cat([own.unsqueeze(-1), numbers], -1)
    elif reduce != "prod":
        # PyTorch counts the input's own number among those equal to the result, which share its gradient, but gives it
        # nothing.
        best = getattr(numbers.detach(), reduce)(-1)
        tied = torch.where(own.detach() == best, best, nothing)
        numbers = torch.cat([tied.unsqueeze(-1), numbers], -1)
    found = numbers.prod(-1) if reduce == "prod" else getattr(numbers, reduce)(-1)
    if not include_self:
        found = torch.where(here.any(-1), found, own)
    return found.movedim(-1, dim)
