"""The annotated transformer of harvardnlp, small."""

from __future__ import annotations

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def annotated_transformer() -> Made:
    """harvardnlp: clones, sublayers as lambdas, label smoothing by scatter_."""

    def clones(module, N):
        return nn.ModuleList([copy.deepcopy(module) for _ in range(N)])

    class LayerNorm(nn.Module):
        def __init__(self, features, eps=1e-6):
            super().__init__()
            self.a_2, self.b_2, self.eps = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features)), eps

        def forward(self, x):
            mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
            return self.a_2 * (x - mean) / (std + self.eps) + self.b_2

    class SublayerConnection(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.norm, self.dropout = LayerNorm(size), nn.Dropout(0.0)

        def forward(self, x, sublayer):
            return x + self.dropout(sublayer(self.norm(x)))

    def attention(query, key, value, mask=None):
        scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        p_attn = scores.softmax(dim=-1)
        return torch.matmul(p_attn, value), p_attn

    class MultiHeadedAttention(nn.Module):
        def __init__(self, h, d_model):
            super().__init__()
            self.d_k, self.h, self.linears = d_model // h, h, clones(nn.Linear(d_model, d_model), 4)

        def forward(self, query, key, value, mask):
            nbatches = query.size(0)
            query, key, value = [
                lin(x).view(nbatches, -1, self.h, self.d_k).transpose(1, 2)
                for lin, x in zip(self.linears, (query, key, value), strict=False)
            ]
            x, self.attn = attention(query, key, value, mask.unsqueeze(1))
            x = x.transpose(1, 2).contiguous().view(nbatches, -1, self.h * self.d_k)
            return self.linears[-1](x)

    class Model(nn.Module):
        def __init__(self, vocab=5, pad=0, smoothing=0.1):
            super().__init__()
            self.lut, self.self_attn, self.sublayer = (
                nn.Embedding(vocab, 4),
                MultiHeadedAttention(2, 4),
                clones(SublayerConnection(4), 2),
            )
            self.w_1, self.w_2, self.norm, self.proj = (
                nn.Linear(4, 4),
                nn.Linear(4, 4),
                LayerNorm(4),
                nn.Linear(4, vocab),
            )
            self.pad, self.vocab, self.smoothing, self.criterion = pad, vocab, smoothing, nn.KLDivLoss(reduction="sum")

        def forward(self, tgt, tgt_y):
            mask = (tgt != self.pad).unsqueeze(-2)
            future = torch.triu(torch.ones(1, tgt.size(-1), tgt.size(-1)), diagonal=1).type(torch.uint8) == 0
            mask = mask & future.type_as(mask.data)
            x = self.lut(tgt) * math.sqrt(4)
            x = self.sublayer[0](x, lambda x: self.self_attn(x, x, x, mask))
            x = self.sublayer[1](x, lambda x: self.w_2(self.w_1(x).relu()))
            logits = F.log_softmax(self.proj(self.norm(x)), dim=-1).contiguous().view(-1, self.vocab)
            target = tgt_y.contiguous().view(-1)
            true_dist = logits.data.clone()
            true_dist.fill_(self.smoothing / (self.vocab - 2))
            true_dist.scatter_(1, target.data.unsqueeze(1), 1 - self.smoothing)
            true_dist[:, self.pad] = 0
            return self.criterion(logits, true_dist.clone().detach()) / (tgt_y != self.pad).data.sum()

    return Model(), (torch.tensor([[1, 2, 3]]), torch.tensor([[2, 3, 4]]))


ZOO = {
    "The annotated transformer": annotated_transformer,
}
