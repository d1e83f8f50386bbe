"""Attention in training, where some of its weights are dropped: step by step, so that the mask has its place."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn
from excel_export.shared.infinity import INFINITY


def _drops(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, *_: Any, **__: Any) -> bool:
    return dropout_p > 0


@composite(F.scaled_dot_product_attention, when=_drops)
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Scores of (…, L, E) queries and (…, S, E) keys; their softmax, of which some are dropped; means of values."""
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = key.repeat_interleave(groups, -3), value.repeat_interleave(groups, -3)
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None and attn_mask.dtype is torch.bool:
        scores = torch.where(attn_mask, scores, -INFINITY)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return F.dropout(F.softmax(scores, -1), dropout_p) @ value


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""

    def drops(x: Any, y: Any, **settings: Any) -> Any:
        return F.scaled_dot_product_attention(x, y, y, dropout_p=0.4, **settings)

    yield scaled_dot_product_attention.example("", drops, randn(3, 4), randn(5, 4))
    yield scaled_dot_product_attention.example(
        "causal", lambda x, y: drops(x, y, is_causal=True), randn(2, 3, 4), randn(2, 3, 4)
    )
    mask = torch.tensor([[True, False, True], [True, True, False]])
    yield scaled_dot_product_attention.example(
        "masked and scaled", lambda x, y: drops(x, y, attn_mask=mask, scale=0.3), randn(2, 4), randn(3, 4)
    )
    yield scaled_dot_product_attention.example(
        "a mask that is added", lambda x, y: drops(x, y, attn_mask=randn(2, 3)), randn(2, 4), randn(3, 4)
    )
