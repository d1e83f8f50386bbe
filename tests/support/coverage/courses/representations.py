"""Representations: contrasts, margins and assignments."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def supcon() -> Made:
    """HobbitLong/SupContrast."""

    class SupCon(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc = nn.Linear(3, 2)
            self.temperature = 0.5
            self.contrast_mode = "all"

        def forward(self, x, labels=None, mask=None):
            f = F.normalize(self.enc(x), dim=-1)
            batch_size = f.shape[0]
            labels = labels.contiguous().view(-1, 1)
            if labels.shape[0] != batch_size:
                raise ValueError("Num of labels does not match num of features")
            mask = torch.eq(labels, labels.T).float().to(x.device)
            cf = torch.cat(torch.unbind(f, dim=1), dim=0)
            adc = torch.div(torch.matmul(cf, cf.T), self.temperature)
            lm, _ = torch.max(adc, dim=1, keepdim=True)
            logits = adc - lm.detach()
            mask = mask.repeat(2, 2)
            lmask = torch.scatter(torch.ones_like(mask), 1, torch.arange(batch_size * 2).view(-1, 1), 0)
            mask = mask * lmask
            exp_logits = torch.exp(logits) * lmask
            log_prob = logits - torch.log(exp_logits.sum(1, keepdim=True))
            mpp = mask.sum(1)
            mpp = torch.where(mpp < 1e-6, 1, mpp)
            return -((mask * log_prob).sum(1) / mpp).view(2, batch_size).mean()

    return SupCon(), (torch.randn(3, 2, 3), torch.tensor([0, 1, 0]))


def redundancy() -> Made:
    """Facebook's code, with off_diagonal by a view."""

    def off_diagonal(x):
        n, m = x.shape
        assert n == m
        return x.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f, self.p = (
                nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3)),
                nn.Linear(3, 3),
            )
            self.bn = nn.BatchNorm1d(3, affine=False)
            self.t = nn.Linear(3, 3)
            for p in self.t.parameters():
                p.requires_grad = False

        def forward(self, x1, x2):
            a, b = self.f(x1), self.f(x2)
            c = self.bn(a).T @ self.bn(b)
            c.div_(4)
            bt = torch.diagonal(c).add_(-1).pow_(2).sum() + 0.0051 * off_diagonal(c).pow_(2).sum()
            x, y = a - a.mean(dim=0), b - b.mean(dim=0)
            sx = torch.sqrt(x.var(dim=0) + 0.0001)
            cx = (x.T @ x) / 3
            vic = torch.mean(F.relu(1 - sx)) / 2 + off_diagonal(cx).pow_(2).sum().div(3) + F.mse_loss(x, y)
            with torch.no_grad():
                z = F.normalize(self.t(x2), dim=1)
            return bt + vic + (2 - 2 * (F.normalize(self.p(a), dim=1) * z).sum(-1)).mean()

    return M(), (torch.randn(4, 3), torch.randn(4, 3))


def arcface() -> Made:
    """ronghuaiyang/arcface-pytorch."""

    class ArcFace(nn.Module):
        def __init__(self, s=4.0, m=0.50, easy_margin=False):
            super().__init__()
            self.s, self.m, self.easy = s, m, easy_margin
            self.weight = nn.Parameter(torch.FloatTensor(3, 4))
            nn.init.xavier_uniform_(self.weight)
            self.cos_m, self.sin_m, self.th, self.mm = (
                math.cos(m),
                math.sin(m),
                math.cos(math.pi - m),
                math.sin(math.pi - m) * m,
            )

        def forward(self, input, label):
            cosine = F.linear(F.normalize(input), F.normalize(self.weight))
            sine = torch.sqrt((1.0 - torch.pow(cosine, 2)).clamp(0, 1))
            phi = cosine * self.cos_m - sine * self.sin_m
            phi = (
                torch.where(cosine > 0, phi, cosine)
                if self.easy
                else torch.where(cosine > self.th, phi, cosine - self.mm)
            )
            one_hot = torch.zeros(cosine.size(), device="cpu")
            one_hot.scatter_(1, label.view(-1, 1).long(), 1)
            return F.cross_entropy(((one_hot * phi) + ((1.0 - one_hot) * cosine)) * self.s, label)

    return ArcFace(), (torch.randn(3, 4), torch.tensor([0, 2, 1]))


def batch_hard() -> Made:
    """Hardest positives and negatives by masks."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(3, 2)

        def forward(self, x, y):
            d = torch.cdist(self.l(x), self.l(x))
            same = y[None] == y[:, None]
            hp = (d * same).max(1).values
            hn = d.masked_fill(same, float("inf")).min(1)[0]
            return F.softplus(hp - hn).mean()

    return M(), (torch.randn(4, 3), torch.tensor([0, 0, 1, 1]))


def clusters() -> Made:
    """Sinkhorn's assignments, a centre, a queue."""

    @torch.no_grad()
    def sinkhorn(out):
        Q = torch.exp(out / 0.5).t()
        B, K = Q.shape[1], Q.shape[0]
        Q /= torch.sum(Q)
        for _it in range(3):
            Q /= torch.sum(Q, dim=1, keepdim=True)
            Q /= K
            Q /= torch.sum(Q, dim=0, keepdim=True)
            Q /= B
        Q *= B
        return Q.t()

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Linear(3, 2)
            self.proto = nn.Linear(2, 3, bias=False)
            self.register_buffer("queue", F.normalize(torch.randn(2, 5), dim=0))
            self.register_buffer("center", torch.zeros(1, 3))
            self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))

        def forward(self, a, b):
            q, k = F.normalize(self.f(a), dim=1), F.normalize(self.f(b), dim=1).detach()
            s, t = self.proto(q), self.proto(k)
            sw = -torch.mean(torch.sum(sinkhorn(t) * F.log_softmax(s / 0.1, 1), dim=1))
            to = F.softmax((t - self.center) / 0.2, dim=-1).detach()
            dino = torch.sum(-to * F.log_softmax(s / 0.5, dim=-1), dim=-1).mean()
            lp, ln = (
                torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1),
                torch.einsum("nc,ck->nk", [q, self.queue.clone().detach()]),
            )
            logits = torch.cat([lp, ln], dim=1)
            logits /= 0.2
            return F.cross_entropy(logits, torch.zeros(logits.shape[0], dtype=torch.long)) + sw + dino

    return M(), (torch.randn(2, 3), torch.randn(2, 3))


def siglip() -> Made:
    """Of each pair, whether it belongs together; and CLIP's loss beside it."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.i, self.t = nn.Linear(3, 2), nn.Embedding(4, 2)
            self.logit_scale = nn.Parameter(torch.ones([]) * np.log(1 / 0.07))
            self.logit_bias = nn.Parameter(torch.ones([]) * -1)

        def forward(self, img, txt, return_loss: bool = True):
            i = self.i(img)
            t = self.t(txt).mean(1)
            i = i / i.norm(p=2, dim=-1, keepdim=True)
            t = t / t.norm(p=2, dim=-1, keepdim=True)
            l = torch.matmul(t, i.t()) * self.logit_scale.exp().clamp(max=100) + self.logit_bias
            y = -torch.ones_like(l) + 2 * torch.eye(l.size(0))
            lt = l
            ce = lambda z: nn.functional.cross_entropy(z, torch.arange(len(z), device=z.device))
            return -F.logsigmoid(y * l).sum() / l.shape[0] + (ce(lt) + ce(lt.t())) / 2.0 if return_loss else None

    return M(), (torch.randn(3, 3), torch.randint(4, (3, 2)))


ZOO = {
    "SupCon": supcon,
    "Barlow Twins, VICReg and BYOL": redundancy,
    "ArcFace": arcface,
    "batch-hard triplets": batch_hard,
    "SwAV, DINO and MoCo": clusters,
    "SigLIP": siglip,
}
