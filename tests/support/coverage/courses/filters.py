"""Filters and grammars: what is not seen is added up."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from tests.support.coverage.case import Made


def kalman() -> Made:
    """Prediction and correction, with the likelihood."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.F, self.H, self.lq, self.lr = (
                nn.Parameter(torch.tensor([[1.0, 0.5], [0.0, 0.9]])),
                nn.Parameter(torch.tensor([[1.0, 0.0], [0.3, 1.0]])),
                nn.Parameter(torch.zeros(2)),
                nn.Parameter(torch.zeros(2)),
            )

        def forward(self, ys):
            x, P = torch.zeros(2, 1), torch.eye(2)
            nll = 0.0
            Q, R = torch.diag(self.lq.exp()), torch.diag(self.lr.exp())
            for y in ys:
                x = self.F @ x
                P = self.F @ P @ self.F.T + Q
                v = y.view(2, 1) - self.H @ x
                S = self.H @ P @ self.H.T + R
                K = P @ self.H.T @ torch.inverse(S)
                x = x + K @ v
                P = (torch.eye(2) - K @ self.H) @ P
                sign, ld = torch.linalg.slogdet(S)
                nll = nll + 0.5 * (v.T @ torch.linalg.solve(S, v)).squeeze() + 0.5 * ld + math.log(2 * math.pi)
            return nll

    return M(), (torch.randn(3, 2),)


def svgp() -> Made:
    """GPyTorch in small: inducing points, a Cholesky factor."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.Z, self.m, self.L = (
                nn.Parameter(torch.linspace(-1, 1, 3)[:, None]),
                nn.Parameter(torch.randn(3, 1)),
                nn.Parameter(torch.eye(3) * 0.5),
            )
            self.raw_ls, self.raw_os, self.noise = (
                nn.Parameter(torch.tensor(0.0)),
                nn.Parameter(torch.tensor(0.1)),
                nn.Parameter(torch.tensor(-1.0)),
            )

        def k(self, a, b):
            return F.softplus(self.raw_os) * torch.exp(
                -0.5 * torch.cdist(a / F.softplus(self.raw_ls), b / F.softplus(self.raw_ls)).pow(2)
            )

        def forward(self, x, y):
            Kzz = self.k(self.Z, self.Z) + 1e-2 * torch.eye(3)
            Lz = torch.linalg.cholesky(Kzz)
            Kzx = self.k(self.Z, x)
            A = torch.linalg.solve_triangular(Lz, Kzx, upper=False)
            S = torch.tril(self.L)
            mean = A.T @ self.m
            var = F.softplus(self.raw_os) - (A**2).sum(0) + ((S.T @ A) ** 2).sum(0)
            ell = Normal(mean.squeeze(-1), F.softplus(self.noise)).log_prob(y) - 0.5 * var / F.softplus(self.noise) ** 2
            q = MultivariateNormal(
                self.m.squeeze(-1), scale_tril=torch.tril(S, -1) + torch.diag(torch.diagonal(S).abs() + 1e-3)
            )
            p = MultivariateNormal(torch.zeros(3), torch.eye(3))
            return -(ell.sum() - kl_divergence(q, p))

    return M(), (torch.rand(3, 1) * 2 - 1, torch.randn(3))


def parsing() -> Made:
    """A semi-Markov CRF, the inside algorithm of a PCFG, and the score of a tagging."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb, self.lstm, self.start, self.seg, self.rule, self.pre = (
                nn.Embedding(4, 2),
                nn.LSTM(2, 2, bidirectional=True, batch_first=True),
                nn.Parameter(torch.randn(2)),
                nn.Linear(8, 2),
                nn.Parameter(torch.randn(2, 2, 2)),
                nn.Linear(4, 2),
            )

        def forward(self, ids, tags):
            h, _ = self.lstm(self.emb(ids))
            h = h[0]
            n = h.size(0)
            al = [torch.zeros(2)]
            for j in range(1, n + 1):
                terms = [
                    torch.logsumexp(al[i][:, None] + self.rule[0], 0) + self.seg(torch.cat([h[i], h[j - 1]]))
                    for i in range(max(0, j - 2), j)
                ]
                al.append(torch.stack(terms).logsumexp(0))
            Z = (al[-1] + self.start).logsumexp(0)
            R = self.rule.view(2, -1).log_softmax(1).view(2, 2, 2)
            em = self.pre(h).log_softmax(-1)
            beta = h.new_full((n, n, 2), -1e9)
            for i in range(n):
                beta[i, i] = em[i]
            for w in range(1, n):
                for i in range(n - w):
                    j = i + w
                    k = torch.arange(i, j)
                    s = beta[i, k].unsqueeze(2) + beta[k + 1, j].unsqueeze(1)
                    beta[i, j] = torch.logsumexp(R.unsqueeze(0) + s.unsqueeze(1), dim=(0, 2, 3))
            pc = torch.logsumexp(beta[0, n - 1] + self.start.log_softmax(0), 0)
            sc = em[torch.arange(n), tags[0]].sum() + self.rule[0][tags[0, :-1], tags[0, 1:]].sum()
            gold = F.pad(tags, (1, 0)).unfold(1, 2, 1)
            sc = sc + self.rule[1][gold[0, :, 0], gold[0, :, 1]].sum()
            return Z - pc - sc

    return M(), (torch.tensor([[0, 2, 3]]), torch.tensor([[1, 0, 1]]))


ZOO = {
    "Kalman filter": kalman,
    "SVGP": svgp,
    "semi-Markov CRF and PCFG": parsing,
}
