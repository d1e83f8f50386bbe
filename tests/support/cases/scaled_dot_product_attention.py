"""The cases of excel_export/ops/scaled_dot_product_attention.py."""

import math

import torch
import torch.nn.functional as F

from tests.support.cases._example import NARROW, Example, Extreme, ramp, randn

_BLIND = torch.tensor([[True, True, False], [False, False, False], [False, True, True]])
_NEVER = torch.tensor([[0.0, -math.inf, -math.inf], [-math.inf, -math.inf, -math.inf], [0.5, 1.0, 0.0]])


def _grouped(q: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(q, x[0], x[1], enable_gqa=True)


def scaled_dot_product_attention():
    attention = F.scaled_dot_product_attention
    yield Example("", lambda x: attention(x, x, x, is_causal=True), ramp(1, 2, 2))
    yield Example("of three", lambda x: attention(x[0], x[1], x[2]), randn(3, 4, 3))
    yield Example("of heads", lambda x: attention(x[0], x[1], x[2], is_causal=True), randn(3, 2, 2, 3, 4))
    yield Example("of long sequences", lambda q, x: attention(q, x[0], x[1]), randn(2, 3, 7), randn(2, 2, 8, 7))
    yield Example("another width", lambda q, v: attention(q, q * q, v, scale=0.3), randn(2, 3, 4), randn(2, 3, 2))
    yield Example("masked", lambda x, m: attention(x, x, x, m > 0), randn(2, 3, 4), randn(3, 3))
    yield Example("with a row that sees nothing", lambda x: attention(x, x, x, _BLIND), randn(2, 3, 4))
    yield Example("with a bias", lambda x, m: attention(x, x, x, m), randn(2, 2, 3, 4), randn(2, 1, 3))
    yield Example("with a bias of −∞", lambda x: attention(x, x, x, _NEVER), randn(2, 3, 4))
    yield Example("more keys", lambda q, k: attention(q, k, k, is_causal=True), randn(1, 2, 4), randn(1, 6, 4))
    yield Example("with fewer heads of keys", _grouped, randn(1, 4, 3, 2), randn(2, 1, 2, 3, 2))
    yield Extreme("", lambda x: F.scaled_dot_product_attention(x, x, x), NARROW[None], cancels=True)
