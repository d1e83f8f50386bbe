"""Dive into Deep Learning (d2l.ai): attention, as the book builds it."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def sequence_mask(X, valid_len, value):
    maxlen = X.size(1)
    mask = torch.arange((maxlen), dtype=torch.float32, device=X.device)[None, :] < valid_len[:, None]
    X[~mask] = value
    return X


def masked_softmax(X, valid_lens):
    if valid_lens is None:
        return nn.functional.softmax(X, dim=-1)
    shape = X.shape
    valid_lens = torch.repeat_interleave(valid_lens, shape[1]) if valid_lens.dim() == 1 else valid_lens.reshape(-1)
    X = sequence_mask(X.reshape(-1, shape[-1]), valid_lens, value=-1e6)
    return nn.functional.softmax(X.reshape(shape), dim=-1)


def additive_attention() -> Made:
    class AdditiveAttention(nn.Module):
        def __init__(self, num_hiddens):
            super().__init__()
            self.W_k, self.W_q = nn.LazyLinear(num_hiddens, bias=False), nn.LazyLinear(num_hiddens, bias=False)
            self.w_v = nn.LazyLinear(1, bias=False)

        def forward(self, queries, keys, valid_lens):
            queries, keys_ = self.W_q(queries), self.W_k(keys)
            features = torch.tanh(queries.unsqueeze(2) + keys_.unsqueeze(1))
            scores = self.w_v(features).squeeze(-1)
            self.attention_weights = masked_softmax(scores, valid_lens)
            return torch.bmm(self.attention_weights, keys).square().mean()

    net = AdditiveAttention(3)
    inputs = torch.randn(2, 1, 4), torch.randn(2, 3, 2), torch.tensor([2, 3])
    with torch.no_grad():
        net(*inputs)
    return net, inputs


class DotProductAttention(nn.Module):
    def forward(self, queries, keys, values, valid_lens=None):
        scores = torch.bmm(queries, keys.transpose(1, 2)) / math.sqrt(queries.shape[-1])
        self.attention_weights = masked_softmax(scores, valid_lens)
        return torch.bmm(self.attention_weights, values)


class MultiHeadAttention(nn.Module):
    def __init__(self, num_hiddens, num_heads):
        super().__init__()
        self.num_heads, self.attention = num_heads, DotProductAttention()
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(num_hiddens, num_hiddens, bias=False) for _ in range(4))

    def transpose_qkv(self, X):
        X = X.reshape(X.shape[0], X.shape[1], self.num_heads, -1).permute(0, 2, 1, 3)
        return X.reshape(-1, X.shape[2], X.shape[3])

    def transpose_output(self, X):
        X = X.reshape(-1, self.num_heads, X.shape[1], X.shape[2]).permute(0, 2, 1, 3)
        return X.reshape(X.shape[0], X.shape[1], -1)

    def forward(self, queries, keys, values, valid_lens):
        queries, keys = self.transpose_qkv(self.W_q(queries)), self.transpose_qkv(self.W_k(keys))
        values = self.transpose_qkv(self.W_v(values))
        if valid_lens is not None:
            valid_lens = torch.repeat_interleave(valid_lens, repeats=self.num_heads, dim=0)
        return self.W_o(self.transpose_output(self.attention(queries, keys, values, valid_lens)))


def transformer_encoder() -> Made:
    class PositionalEncoding(nn.Module):
        def __init__(self, num_hiddens, max_len=10):
            super().__init__()
            self.P = torch.zeros((1, max_len, num_hiddens))
            X = torch.arange(max_len, dtype=torch.float32).reshape(-1, 1) / torch.pow(
                10000, torch.arange(0, num_hiddens, 2, dtype=torch.float32) / num_hiddens
            )
            self.P[:, :, 0::2], self.P[:, :, 1::2] = torch.sin(X), torch.cos(X)

        def forward(self, X):
            return X + self.P[:, : X.shape[1], :].to(X.device)

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.pos_encoding = nn.Embedding(5, 4), PositionalEncoding(4)
            self.attention, self.ln1, self.ln2 = MultiHeadAttention(4, 2), nn.LayerNorm(4), nn.LayerNorm(4)
            self.ffn = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 4))
            self.head = nn.Linear(4, 2)

        def forward(self, X, y, valid_lens):
            X = self.pos_encoding(self.embedding(X) * math.sqrt(4))
            Y = self.ln1(self.attention(X, X, X, valid_lens) + X)
            return F.cross_entropy(self.head(self.ln2(self.ffn(Y) + Y)[:, 0]), y)

    return Encoder(), (torch.randint(5, (2, 3)), torch.randint(2, (2,)), torch.tensor([3, 2]))


ZOO = {
    "d2l.ai, additive attention": additive_attention,
    "d2l.ai, transformer encoder": transformer_encoder,
}
