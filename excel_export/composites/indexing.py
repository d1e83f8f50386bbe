"""Elements chosen, sent, replaced and sorted into ranges: what comes down to gather, index_put, scatter_add and where."""

from typing import Any

import numpy as np
import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn


def _expanded(x: Any, shape: list[int]) -> Any:
    return x if list(x.shape) == shape else x.expand(shape)


@composite(torch.masked_select, torch.Tensor.masked_select)
def masked_select(input: Any, mask: Any) -> Any:
    """Elements where a mask is true; how many there are must not depend on the inputs."""
    shape = np.broadcast_shapes(tuple(input.shape), tuple(mask.shape))
    return _expanded(input, list(shape))[_expanded(mask, list(shape))]


@composite(torch.masked_scatter, torch.Tensor.masked_scatter)
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """Where a mask is true, the next number of a source: the first true one takes the first."""
    shape = list(np.broadcast_shapes(tuple(input.shape), tuple(mask.shape)))
    mask = _expanded(mask, shape)
    line = source.reshape(-1)
    place = (mask.reshape(-1).long().cumsum(0) - 1).clamp(0, line.numel() - 1)
    return torch.where(mask, line[place].reshape(shape), _expanded(input, shape))


@composite(torch.repeat_interleave, torch.Tensor.repeat_interleave)
def repeat_interleave(input: Any, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each slice several times, one after the other."""
    if dim is None:
        input, dim = input.reshape(-1), 0
    counts = repeats.tolist() if isinstance(repeats, torch.Tensor) else repeats  # which refuses those of inputs
    places = torch.arange(input.shape[dim] if input.dim() else 1)
    places = torch.repeat_interleave(places, torch.as_tensor(counts))
    return torch.index_select(input, dim, places)


@composite(torch.tensor_split, torch.Tensor.tensor_split)
def tensor_split(input: Any, indices_or_sections: Any = None, dim: int = 0, **kwargs: Any) -> Any:
    """Parts that lie side by side."""
    given = next(iter(kwargs.values()), indices_or_sections)  # `indices` or `sections`
    given = given.tolist() if isinstance(given, torch.Tensor) else given  # which refuses those of inputs
    numbers = torch.tensor_split(torch.arange(input.shape[dim]), given)
    every = [slice(None)] * (dim % input.dim())
    ends = [(int(part[0]), int(part[-1]) + 1) if len(part) else (0, 0) for part in numbers]
    return tuple(input[(*every, slice(first, last))] for first, last in ends)


@composite(torch.bincount, torch.Tensor.bincount)
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number below `minlength` is there, or the sum of its weights, which get no gradient."""
    counts = torch.ones_like(input) if weights is None else weights.detach()
    return torch.zeros(minlength, dtype=counts.dtype).scatter_add(0, input, counts)


_FEW = 32
"""So many borders are compared with each number; among more, PyTorch's way to halve them is shorter."""


def _below(borders: Any, numbers: Any, right: bool) -> Any:
    """How many borders, along the last dimension, are below each number; if `right`, or equal to it."""
    return (borders <= numbers if right else borders < numbers).sum(-1)


@composite(torch.bucketize)
def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The number of borders that are below each number."""
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
    """The place of each number among sorted ones: how many of them are below it."""
    if sorter is not None:
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    right = right or side == "right"
    if sorted_sequence.shape[-1] > _FEW:
        return torch.searchsorted(sorted_sequence, input, right=right)
    if not isinstance(input, torch.Tensor):
        return _below(sorted_sequence, input, right)
    borders = sorted_sequence if sorted_sequence.dim() == 1 else sorted_sequence[..., None, :]
    return _below(borders, input[..., None], right)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield masked_select.example("", lambda x: x.masked_select(torch.eye(3, dtype=torch.bool)), randn(3, 3))
    yield masked_select.example(
        "broadcast", lambda x: torch.masked_select(x, torch.tensor([True, False, True])), randn(2, 1)
    )
    yield masked_scatter.example(
        "", lambda x, y: x.masked_scatter(torch.eye(3, dtype=torch.bool), y), randn(3, 3), randn(4)
    )
    yield masked_scatter.example("live mask", lambda x, y: x.masked_scatter(x > 0, y), randn(2, 3), randn(6))
    yield repeat_interleave.example("", lambda x: x.repeat_interleave(2), randn(2, 2))
    yield repeat_interleave.example(
        "by slice", lambda x: torch.repeat_interleave(x, torch.tensor([0, 2, 1]), 1), randn(2, 3)
    )
    yield tensor_split.example("", lambda x: torch.tensor_split(x, 2, 1)[0], randn(2, 5))
    yield tensor_split.example("by places", lambda x: x.tensor_split(torch.tensor([1, 3]), dim=1)[1], randn(2, 5))
    places = torch.tensor([0, 3, 0, 1])
    yield bincount.example("", lambda x, i: torch.bincount(i, minlength=4) * x, randn(4), places)
    yield bincount.example("weights", lambda x, i: i.bincount(x.detach(), 5) * x.sum(), randn(4), places)
    borders = torch.tensor([-0.5, 0.0, 0.7], dtype=torch.float64)
    yield bucketize.example("", lambda x: x * torch.bucketize(x.detach(), borders), randn(2, 3))
    yield bucketize.example(
        "live, met", lambda x: x * torch.bucketize(x.detach(), x[0].detach().sort()[0], right=True), randn(2, 3)
    )
    yield searchsorted.example(
        "", lambda x: x * torch.searchsorted(x.detach().cumsum(-1), x.detach() * 2, right=True), randn(2, 3).abs()
    )
    yield searchsorted.example("of a line",
          lambda x: x * torch.searchsorted(x[0].detach().cumsum(-1), x.detach(), side="left"),
          randn(2, 3).abs())  # fmt: skip
