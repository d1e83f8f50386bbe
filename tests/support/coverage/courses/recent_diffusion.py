"""Diffusion and flows of 2022 to 2025."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def edm() -> Made:
    """Karras's preconditioning, and the discretized likelihood of improved DDPM."""

    def approx_cdf(x):
        return 0.5 * (1.0 + torch.tanh(np.sqrt(2.0 / np.pi) * (x + 0.044715 * torch.pow(x, 3))))

    def dgll(x, *, means, log_scales):
        cx = x - means
        inv = torch.exp(-log_scales)
        cp, cm = approx_cdf(inv * (cx + 1.0 / 255.0)), approx_cdf(inv * (cx - 1.0 / 255.0))
        lp, lm = torch.log(cp.clamp(min=1e-12)), torch.log((1.0 - cm).clamp(min=1e-12))
        return torch.where(x < -0.999, lp, torch.where(x > 0.999, lm, torch.log((cp - cm).clamp(min=1e-12))))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Sequential(nn.Linear(4, 5), nn.SiLU(), nn.Linear(5, 6))

        def forward(self, x, rnd, n):
            sigma = (rnd * 1.2 - 1.2).exp()
            sd = 0.5
            w = (sigma**2 + sd**2) / (sigma * sd) ** 2
            c_skip = sd**2 / (sigma**2 + sd**2)
            c_out = sigma * sd / (sigma**2 + sd**2).sqrt()
            c_in = 1 / (sd**2 + sigma**2).sqrt()
            c_noise = sigma.log() / 4
            out, logvar = self.f(torch.cat([c_in * (x + n * sigma), c_noise], 1)).chunk(2, 1)
            D = c_skip * (x + n * sigma) + c_out * out
            nll = -dgll(x.clamp(-1, 1), means=D.detach(), log_scales=0.5 * logvar) / np.log(2.0)
            return (w * (D - x) ** 2).mean() + nll.mean(dim=list(range(1, nll.ndim))).mean()

    return M(), (torch.tensor([[0.2, -0.4, 1.3], [-0.5, 0.1, -1.2]]), torch.randn(2, 1), torch.randn(2, 3))


def meanflow() -> Made:
    """A derivative in the direction (v, 0, 1) by torch.func.jvp."""

    class U(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.l2 = nn.Linear(4, 6), nn.Linear(6, 2)

        def forward(self, z, r, t):
            return self.l2(torch.tanh(self.l1(torch.cat([z, r, t], 1))))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.u = U()

        def forward(self, x, e, r, t):
            z = (1 - t) * x + t * e
            v = e - x
            u, dudt = torch.func.jvp(self.u, (z, r, t), (v, torch.zeros_like(r), torch.ones_like(t)))
            tgt = v - (t - r) * dudt
            err = u - tgt.detach()
            loss = err.square().sum(-1)
            w = 1 / (loss.detach() + 1e-3).pow(0.75)
            return (w * loss).mean()

    return M(), (torch.randn(2, 2), torch.randn(2, 2), torch.tensor([[0.1], [0.3]]), torch.tensor([[0.6], [0.9]]))


def d3pm() -> Made:
    """Discrete diffusion: log probabilities of classes, and a posterior."""

    def log_onehot(x, n):
        return torch.log(F.one_hot(x, n).float().clamp(min=1e-30))

    def log_add_exp(a, b):
        m = torch.max(a, b)
        return m + torch.log(torch.exp(a - m) + torch.exp(b - m))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb, self.f = nn.Embedding(4, 3), nn.Linear(3, 4)
            a = torch.linspace(0.9, 0.5, 4)
            self.register_buffer("la", a.log())
            self.register_buffer("l1a", (1 - a).log())

        def forward(self, x0, xt, t):
            l0 = F.log_softmax(self.f(self.emb(xt)), -1)
            tr = lambda lx: log_add_exp(lx + self.la[t][:, None, None], self.l1a[t][:, None, None] - np.log(4))
            p = tr(l0) + log_onehot(xt, 4)
            q = tr(log_onehot(x0, 4)) + log_onehot(xt, 4)
            p = p - torch.logsumexp(p, -1, keepdim=True)
            q = q - torch.logsumexp(q, -1, keepdim=True)
            kl = (q.exp() * (q - p)).sum(-1)
            dec = -(log_onehot(x0, 4).exp() * p).sum(-1)
            m = (t == 0).float()[:, None]
            return (m * dec + (1 - m) * kl).mean()

    return M(), (torch.tensor([[0, 2], [3, 1]]), torch.tensor([[1, 2], [3, 0]]), torch.tensor([0, 3]))


ZOO = {
    "EDM and learned variances": edm,
    "mean flows": meanflow,
    "D3PM": d3pm,
}
