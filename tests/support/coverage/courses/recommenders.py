"""Recommendations, and words."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def skip_gram() -> Made:
    """Andras7/word2vec-pytorch: embeddings with sparse gradients."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.u, self.v = nn.Embedding(6, 2, sparse=True), nn.Embedding(6, 2, sparse=True)
            self.bag = nn.EmbeddingBag(6, 2, mode="mean")
            initrange = 1.0 / 2
            nn.init.uniform_(self.u.weight.data, -initrange, initrange)
            nn.init.constant_(self.v.weight.data, 0.1)

        def forward(self, pos_u, pos_v, neg_v, doc):
            eu, ev, en = self.u(pos_u), self.v(pos_v), self.v(neg_v)
            score = -F.logsigmoid(torch.clamp(torch.sum(torch.mul(eu, ev), dim=1), max=10, min=-10))
            neg = torch.clamp(torch.bmm(en, eu.unsqueeze(2)).squeeze(), max=10, min=-10)
            neg = -torch.sum(F.logsigmoid(-neg), dim=1)
            return torch.mean(score + neg) + self.bag(doc).pow(2).sum()

    return M(), (
        torch.tensor([0, 1]),
        torch.tensor([2, 3]),
        torch.tensor([[4, 5], [0, 5]]),
        torch.tensor([[1, 2], [3, 3]]),
    )


def crossing() -> Made:
    """Crossed features of all kinds, and in-batch negatives."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb = nn.Embedding(9, 2)
            self.register_buffer("offsets", torch.tensor((0, *np.cumsum([3, 3, 3])[:-1]), dtype=torch.long))
            self.w, self.b = (
                nn.ParameterList([nn.Parameter(torch.randn(6) * 0.4) for _ in range(2)]),
                nn.ParameterList([nn.Parameter(torch.zeros(6)) for _ in range(2)]),
            )
            self.cin, self.o = nn.Conv1d(9, 2, 1), nn.Linear(6 + 3 + 2, 1)

        def forward(self, x, y):
            e = self.emb(x + self.offsets)
            x0 = xl = e.flatten(1)
            for w, b in zip(self.w, self.b, strict=False):
                xl = x0 * (xl @ w)[:, None] + b + xl
            cin = self.cin((e.unsqueeze(2) * e.unsqueeze(1)).view(len(x), 9, 2)).relu().sum(2)
            Z = torch.bmm(e, e.transpose(1, 2))
            li, lj = torch.tril_indices(3, 3, offset=-1)
            R = Z[:, li, lj]
            p = self.o(torch.cat([xl, R, cin], 1)).squeeze(1)
            t = F.cross_entropy(e[:, 0] @ e[:, 1].T / 0.5, torch.arange(len(x)))
            bpr = -F.logsigmoid((e[:, 0] * (e[:, 1] - e[:, 2])).sum(-1)).mean()
            return nn.BCELoss()(torch.sigmoid(p), y.float()) + t + bpr

    return M(), (torch.tensor([[0, 1, 2], [2, 0, 1]]), torch.tensor([1, 0]))


def interest() -> Made:
    """Attention to what was clicked, with Dice."""

    class Dice(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.bn, self.alpha = nn.BatchNorm1d(n, eps=1e-8, affine=False), nn.Parameter(torch.zeros(n))

        def forward(self, x):
            p = torch.sigmoid(self.bn(x))
            return self.alpha * (1 - p) * x + p * x

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.a, self.d, self.o = (
                nn.Embedding(6, 2, padding_idx=0),
                nn.Linear(8, 3),
                Dice(3),
                nn.Linear(3, 1),
            )

        def forward(self, hist, cand, y):
            k, q = self.e(hist), self.e(cand).unsqueeze(1).expand(-1, hist.size(1), -1)
            h = self.a(torch.cat([q, k, q - k, q * k], dim=-1))
            s = self.o(self.d(h.flatten(0, 1)).view(h.shape)).transpose(1, 2)
            mask = (hist > 0).unsqueeze(1)
            s = torch.where(mask, s, torch.ones_like(s) * (-(2**32) + 1))
            u = torch.matmul(F.softmax(s / 2**0.5, -1), k).squeeze(1)
            return F.binary_cross_entropy_with_logits((u * self.e(cand)).sum(-1), y)

    return M(), (torch.tensor([[1, 2, 0], [3, 4, 5]]), torch.tensor([2, 1]), torch.tensor([1.0, 0.0]))


ZOO = {
    "word2vec, sparse": skip_gram,
    "DCN, xDeepFM and DLRM": crossing,
    "DIN": interest,
}
