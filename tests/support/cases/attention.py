"""The cases of excel_export/composites/attention.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import Example, randn


class _Attention(nn.Module):
    """An attention of a sequence on itself, or on another one, with its weights."""

    def __init__(self, **settings):
        super().__init__()
        self.need_weights = settings.pop("need_weights", True)
        self.masks = {key: settings.pop(key) for key in ("attn_mask", "key_padding_mask") if key in settings}
        self.attention = nn.MultiheadAttention(4, 2, **settings)

    def forward(self, x, y=None):
        y = x if y is None else y
        found, weights = self.attention(x, y, y, need_weights=self.need_weights, **self.masks)
        return found if weights is None else found.sum() * weights


_CAUSAL = nn.Transformer.generate_square_subsequent_mask(3).double()
_PADDED = torch.tensor([[False, False, True], [False, False, False]])


def _each_head(x):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        attention = nn.MultiheadAttention(4, 2).double()
    return attention(x, x, x, average_attn_weights=False)[1]


def multi_head_attention_forward():
    yield Example("", _Attention(need_weights=False), randn(3, 4))
    yield Example("with weights for each head", _each_head, randn(3, 4))
    yield Example("on another sequence", _Attention(need_weights=False), randn(3, 2, 4), randn(5, 2, 4))
    yield Example("masked", _Attention(attn_mask=_CAUSAL, need_weights=False), randn(3, 2, 4))
    yield Example("with padding", _Attention(attn_mask=_CAUSAL < 0, key_padding_mask=_PADDED), randn(3, 2, 4))
    yield Example("with more keys", _Attention(add_bias_kv=True, add_zero_attn=True), randn(3, 2, 4))


def scaled_dot_product_attention():
    def dropped(x, y, **settings):
        return F.scaled_dot_product_attention(x, y, y, dropout_p=0.4, **settings)

    mask = torch.tensor([[True, False, True], [True, True, False]])
    yield Example("", dropped, randn(3, 4), randn(5, 4))
    yield Example("causal", lambda x, y: dropped(x, y, is_causal=True), randn(2, 3, 4), randn(2, 3, 4))
    yield Example("masked", lambda x, y: dropped(x, y, attn_mask=mask, scale=0.3), randn(2, 4), randn(3, 4))
    yield Example("with a bias", lambda x, y: dropped(x, y, attn_mask=randn(2, 3)), randn(2, 4), randn(3, 4))
