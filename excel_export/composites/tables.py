"""Embeddings of several words at once: their sum, mean, or the largest of each column."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn
from excel_export.shared.errors import UnsupportedOperator


@composite(F.embedding_bag)
def embedding_bag(
    input: torch.Tensor, weight: torch.Tensor, offsets: torch.Tensor | None = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
    per_sample_weights: torch.Tensor | None = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> torch.Tensor:  # fmt: skip
    """Rows of a table, looked up by their numbers, and put together for each bag of them."""
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
    ends = [*offsets.tolist(), *(() if include_last_offset else (len(input),))]
    if any(start == end for start, end in itertools.pairwise(ends)):
        raise UnsupportedOperator("operator 'embedding_bag': an empty bag is not supported")
    return torch.stack([
        _together(found[start:end], 0, mode) for start, end in itertools.pairwise(ends)
    ])  # fmt: skip


def _together(rows: torch.Tensor, dim: int, mode: str) -> torch.Tensor:
    if mode == "max":
        return rows.max(dim)[0]
    return rows.sum(dim) if mode == "sum" else rows.mean(dim)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    words = torch.tensor([[0, 1, 1], [2, 3, 0]])
    yield embedding_bag.example("", nn.EmbeddingBag(4, 2), words)
    yield embedding_bag.example("sum", nn.EmbeddingBag(4, 2, mode="sum"), words)
    yield embedding_bag.example("max", nn.EmbeddingBag(4, 2, mode="max"), words)
    yield embedding_bag.example(
        "bags of different sizes", lambda w: F.embedding_bag(words.flatten(), w, torch.tensor([0, 1, 4])), randn(4, 2)
    )
    yield embedding_bag.example(
        "weights", lambda w, p: F.embedding_bag(words, w, mode="sum", per_sample_weights=p), randn(4, 2), randn(2, 3)
    )
