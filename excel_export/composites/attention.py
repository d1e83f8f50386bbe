"""Multi-head attention, with the steps of a textbook in the place of PyTorch's views; and attention that drops weights."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import StepLabel, composite, named, part_of
from excel_export.ops.joining import merge_heads, split_heads
from excel_export.shared.infinity import INFINITY

ATTENTION = "attention"
ROLES = ("queries", "keys", "values")


@composite(F.multi_head_attention_forward)
def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Any:
    """Return (output, weights): multi-head attention of (L, N, E) queries on (S, N, E) keys and values, or without N.

    The output has the shape of the query. The weights are (N, L, S), the mean of the heads, or (N, heads, L, S) if not
    `average_attn_weights`; None without `need_weights`.
    """
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = _projected((query, key, value), num_heads, in_proj_weight, in_proj_bias, weights)
    if static_k is not None:
        k = static_k.reshape(*k.shape[:-2], *static_k.shape[-2:])
    if static_v is not None:
        v = static_v.reshape(*v.shape[:-2], *static_v.shape[-2:])
    p = dropout_p if training else 0.0
    in_steps = need_weights or p > 0
    causal = is_causal and key_padding_mask is None and not in_steps
    mask = None if causal else _joined(attn_mask, key_padding_mask, q, k.shape[-2])
    more = []
    if bias_k is not None:
        batch = query.shape[1:-1]
        more.append([split_heads(bias.reshape(1, *[1] * len(batch), -1).expand(1, *batch, -1), num_heads)
                     for bias in (bias_k, bias_v)])  # fmt: skip
    if add_zero_attn:
        more.append([torch.zeros_like(k[..., :1, :])] * 2)
    for one_more_key, one_more_value in more:
        k, v = torch.cat([k, one_more_key], dim=-2), torch.cat([v, one_more_value], dim=-2)
        mask = mask if mask is None else F.pad(mask, (0, 1))
    looked = None
    if in_steps:
        products = named(q @ k.transpose(-2, -1), StepLabel("", "queries · keys", step="scores"))
        scores = named(products / math.sqrt(q.shape[-1]), StepLabel("", "scores", step="scores"))
        if mask is not None:
            scores = named(scores + mask, StepLabel("", "masked scores", step="scores"))
        looked = named(F.softmax(scores, dim=-1), StepLabel("", "attention weights"))
        found = (F.dropout(looked, p) if p > 0 else looked) @ v
        found = named(found, StepLabel("", "weighted values"))
        if average_attn_weights and need_weights:
            looked = named(looked.mean(-3), StepLabel("", "mean of the heads"))
    else:
        found = part_of(F.scaled_dot_product_attention(q, k, v, mask, p, causal), ATTENTION)
    return F.linear(merge_heads(found), out_proj_weight, out_proj_bias), looked if need_weights else None


def _projected(x: tuple[Any, Any, Any], num_heads: int, weight: Any, bias: Any, weights: Any) -> Any:
    """The queries, keys and values of each head; those that are made from the same are made at once."""
    query, key, value = x
    if weights is None and query is key is value:
        whole = part_of(F.linear(query, weight, bias), ATTENTION)
        return [split_heads(whole, num_heads, k, 3, role) for k, role in enumerate(ROLES)]
    if weights is None and key is value:
        width = query.shape[-1]
        of_query, of_both = weight.split([width, 2 * width])
        bias_of_query, bias_of_both = (None, None) if bias is None else bias.split([width, 2 * width])
        whole = F.linear(key, of_both, bias_of_both)
        q = split_heads(F.linear(query, of_query, bias_of_query), num_heads, 0, 1, ROLES[0])
        return [q, *(split_heads(whole, num_heads, k, 2, role) for k, role in enumerate(ROLES[1:]))]
    weights = weight.chunk(3) if weights is None else weights
    biases = (None, None, None) if bias is None else bias.chunk(3)
    layers = zip(x, weights, biases, ROLES, strict=True)
    return [split_heads(F.linear(*layer), num_heads, 0, 1, role) for *layer, role in layers]


def _joined(attn_mask: Any, key_padding_mask: Any, q: Any, keys: int) -> Any:
    """Both masks as numbers that are added to the scores, ready to broadcast; None where there is none."""
    *batch, _, _, _ = q.shape
    mask = _added(attn_mask, q)
    if mask is not None and mask.dim() == 3 and batch:  # (N · H, L, S)
        mask = mask.reshape(*q.shape[:-1], keys)
    padding = _added(key_padding_mask, q)
    if padding is None:
        return mask
    padding = padding.reshape(*batch, *[1] * (q.dim() - 1 - len(batch)), keys)
    return padding if mask is None else mask + padding


def _added(mask: Any, q: Any) -> Any:
    """A mask as numbers: −∞ where a truth value says that nobody may look."""
    if mask is None or mask.is_floating_point():
        return mask
    return torch.zeros_like(mask, dtype=q.dtype).masked_fill(mask, -torch.inf)


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
    """dropout(softmax(query @ keyᵀ · scale + mask)) @ value, (…, L, E); `scale` None is 1 / √E."""
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
