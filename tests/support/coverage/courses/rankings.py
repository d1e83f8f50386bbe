"""Recommendations, words, facts: what is put in order."""

from __future__ import annotations

import math

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


def sasrec() -> Made:
    """pmixer/SASRec.pytorch: the loss of those items that are no padding."""

    class PF(nn.Module):
        def __init__(self, h):
            super().__init__()
            self.conv1, self.conv2, self.relu = nn.Conv1d(h, h, 1), nn.Conv1d(h, h, 1), nn.ReLU()

        def forward(self, x):
            return self.conv2(self.relu(self.conv1(x.transpose(-1, -2)))).transpose(-1, -2) + x

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.item_emb, self.pos_emb = nn.Embedding(7, 4, padding_idx=0), nn.Embedding(5, 4, padding_idx=0)
            self.ln1, self.mha, self.ln2, self.ff, self.last = (
                nn.LayerNorm(4, eps=1e-8),
                nn.MultiheadAttention(4, 2),
                nn.LayerNorm(4, eps=1e-8),
                PF(4),
                nn.LayerNorm(4, eps=1e-8),
            )

        def log2feats(self, log_seqs):
            seqs = self.item_emb(log_seqs) * self.item_emb.embedding_dim**0.5
            poss = torch.tile(torch.arange(1, log_seqs.shape[1] + 1), (log_seqs.shape[0], 1))
            poss = poss * (log_seqs != 0)
            seqs = seqs + self.pos_emb(poss)
            tl = seqs.shape[1]
            am = ~torch.tril(torch.ones((tl, tl), dtype=torch.bool))
            seqs = torch.transpose(seqs, 0, 1)
            Q = self.ln1(seqs)
            o, _ = self.mha(Q, seqs, seqs, attn_mask=am)
            seqs = torch.transpose(Q + o, 0, 1)
            return self.last(self.ff(self.ln2(seqs)))

        def forward(self, log_seqs, pos_seqs, neg_seqs):
            f = self.log2feats(log_seqs)
            pl, nl = (f * self.item_emb(pos_seqs)).sum(dim=-1), (f * self.item_emb(neg_seqs)).sum(dim=-1)
            indices = pos_seqs != 0
            bce = nn.BCEWithLogitsLoss()
            loss = bce(pl[indices], torch.ones_like(pl)[indices]) + bce(nl[indices], torch.zeros_like(nl)[indices])
            for param in self.item_emb.parameters():
                loss = loss + 1e-3 * torch.norm(param)
            return loss

    return M(), (
        torch.tensor([[0, 1, 2, 3], [4, 5, 6, 1]]),
        torch.tensor([[0, 2, 3, 4], [5, 6, 1, 2]]),
        torch.tensor([[0, 5, 6, 6], [1, 3, 3, 4]]),
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


def kge() -> Made:
    """DeepGraphLearning/KnowledgeGraphEmbedding: negatives weigh themselves."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.r = nn.Embedding(5, 4), nn.Embedding(3, 4)
            nn.init.uniform_(self.e.weight, -1, 1)

        def rotate(self, h, r, t):
            re_h, im_h = torch.chunk(h, 2, dim=-1)
            re_t, im_t = torch.chunk(t, 2, dim=-1)
            ph = r[..., :2] / (0.5 / math.pi)
            re, im = torch.cos(ph), torch.sin(ph)
            s = torch.stack([re_h * re - im_h * im - re_t, re_h * im + im_h * re - im_t], dim=0).norm(dim=0)
            return 3.0 - s.sum(dim=-1)

        def forward(self, pos, neg, mode="tail-batch"):
            h, r, t = self.e(pos[:, 0]).unsqueeze(1), self.r(pos[:, 1]).unsqueeze(1), self.e(pos[:, 2]).unsqueeze(1)
            tn = torch.index_select(self.e.weight, dim=0, index=neg.view(-1)).view(neg.size(0), neg.size(1), -1)
            ps, ns = self.rotate(h, r, t), self.rotate(h, r, tn)
            ns = (F.softmax(ns * 1.0, dim=1).detach() * F.logsigmoid(-ns)).sum(dim=1)
            loss = (-F.logsigmoid(ps).squeeze(1).mean() - ns.mean()) / 2
            transe = F.margin_ranking_loss(
                -(h + r - t).norm(p=1, dim=-1).expand(-1, 2),
                -(h + r - tn).norm(p=1, dim=-1),
                torch.ones(1, 1),
                margin=0.5,
            )
            hr, hi = h.chunk(2, -1)
            rr, ri = r.chunk(2, -1)
            tr, ti = t.chunk(2, -1)
            cx = (hr * rr * tr + hi * rr * ti + hr * ri * ti - hi * ri * tr).sum(-1)
            reg = self.e.weight.norm(p=3) ** 3 * 1e-2
            return loss + transe + F.softplus(-cx).mean() + reg

    return M(), (torch.tensor([[0, 1, 2], [3, 0, 4]]), torch.tensor([[1, 3], [2, 0]]))


def rankers() -> Made:
    """allRank: lists in order."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Sequential(nn.Linear(2, 3), nn.ReLU6(), nn.Linear(3, 1))

        def forward(self, x, y, perm):
            p = self.f(x).squeeze(-1)
            yp, yt = p[:, perm], y[:, perm]
            ys, idx = yt.sort(descending=True, dim=-1)
            ps = torch.gather(yp, dim=1, index=idx)
            mx, _ = ps.max(dim=1, keepdim=True)
            m = ps - mx
            cs = torch.cumsum(m.exp().flip(dims=[1]), dim=1).flip(dims=[1])
            mle = torch.mean(torch.sum(torch.log(cs + 1e-10) - m, dim=1))
            ln = torch.mean(-torch.sum(F.softmax(y, 1) * torch.log(F.softmax(p, 1) + 1e-10), 1))
            Yp, ip = p.sort(descending=True, dim=-1)
            yt2, _ = y.sort(descending=True, dim=-1)
            ts = torch.gather(y, 1, ip)
            d = ts[:, :, None] - ts[:, None, :]
            pm = torch.isfinite(d) & (d > 0)
            pos = torch.arange(1, y.shape[1] + 1)
            Dd = torch.log2(1.0 + pos.float())[None, :]
            mdcg = torch.sum((torch.pow(2, yt2) - 1) / Dd, dim=-1).clamp(min=1e-10)
            G = (torch.pow(2, ts) - 1) / mdcg[:, None]
            w = torch.abs(torch.pow(Dd[:, :, None], -1.0) - torch.pow(Dd[:, None, :], -1.0)) * torch.abs(
                G[:, :, None] - G[:, None, :]
            )
            sd = (Yp[:, :, None] - Yp[:, None, :]).clamp(min=-1e8, max=1e8)
            sd = sd.masked_fill(torch.isnan(sd), 0.0)
            wp = (torch.sigmoid(sd).clamp(min=1e-10) ** w).clamp(min=1e-10)
            l = torch.log2(wp)
            lam = -torch.sum(torch.where(pm, l, torch.zeros_like(l)))
            return mle + ln + lam

    return M(), (torch.randn(2, 3, 2), torch.tensor([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0]]), torch.tensor([2, 0, 1]))


ZOO = {
    "word2vec, sparse": skip_gram,
    "SASRec": sasrec,
    "DCN, xDeepFM and DLRM": crossing,
    "TransE, ComplEx and RotatE": kge,
    "ListMLE and LambdaRank": rankers,
}
