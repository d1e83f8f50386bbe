"""Densities: processes, mixtures, counts."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import (
    Gamma,
    MultivariateNormal,
    NegativeBinomial,
    Normal,
)

from tests.support.coverage.case import Made


def tc_vae() -> Made:
    """Total correlation by all pairs of a batch."""

    def gauss(x, mu, lv):
        return -0.5 * (math.log(2 * math.pi) + lv) - 0.5 * ((x - mu) ** 2 * torch.exp(-lv))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.d = nn.Linear(3, 4), nn.Linear(2, 3)

        def forward(self, x, eps):
            mu, lv = self.e(x).chunk(2, 1)
            z = mu + eps * (0.5 * lv).exp()
            B, D = z.shape
            lq = gauss(z.view(B, 1, D), mu.view(1, B, D), lv.view(1, B, D))
            lqz = torch.logsumexp(lq.sum(2), dim=1)
            lprod = torch.logsumexp(lq, dim=1).sum(1)
            lzx = gauss(z, mu, lv).sum(1)
            k = lambda a, b: torch.exp(-((a.unsqueeze(1) - b.unsqueeze(0)).pow(2).mean(2)))
            mmd = k(z, z).mean() + k(eps, eps).mean() - 2 * k(z, eps).mean()
            return F.mse_loss(self.d(z), x, reduction="sum") / B + (lzx - lqz).mean() + 6 * (lqz - lprod).mean() + mmd

    return M(), (torch.randn(3, 3), torch.randn(3, 2))


def iwae() -> Made:
    """Weights of several samples."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.d = nn.Linear(3, 4), nn.Linear(2, 3)

        def forward(self, x, eps):
            mu, ls = self.e(x).chunk(2, -1)
            z = mu + ls.exp() * eps
            log_w = (
                Normal(self.d(z), 1).log_prob(x).sum(-1)
                + Normal(0.0, 1.0).log_prob(z).sum(-1)
                - Normal(mu, ls.exp()).log_prob(z).sum(-1)
            )
            wt = F.softmax(log_w, 0).detach()
            return -(torch.logsumexp(log_w, 0) - math.log(eps.shape[0])).mean() + 0.01 * (wt * log_w).sum()

    return M(), (torch.randn(2, 3), torch.randn(3, 2, 2))


def codebook() -> Made:
    """zalandoresearch's notebook: nn.Parameter is made anew in forward."""

    class VQ(nn.Module):
        def __init__(self, K=4, D=2, decay=0.99):
            super().__init__()
            self.K, self.D = K, D
            self._embedding = nn.Embedding(K, D)
            self._embedding.weight.data.normal_()
            self._embedding.weight.requires_grad = False
            self.register_buffer("_ema_cluster_size", torch.zeros(K))
            self._ema_w = nn.Parameter(torch.Tensor(K, D), requires_grad=False)
            self._ema_w.data.normal_()
            self.enc, self.dec = nn.Linear(3, 2), nn.Linear(2, 3)
            self.decay = decay

        def forward(self, x):
            z = self.enc(x)
            flat = z.view(-1, self.D)
            E = self._embedding.weight
            d = torch.sum(flat**2, dim=1, keepdim=True) + torch.sum(E**2, dim=1) - 2 * torch.matmul(flat, E.t())
            idx = torch.argmin(d, dim=1).unsqueeze(1)
            enc = torch.zeros(idx.shape[0], self.K)
            enc.scatter_(1, idx, 1)
            q = torch.matmul(enc, E).view(z.shape)
            if self.training:
                self._ema_cluster_size = self._ema_cluster_size * self.decay + (1 - self.decay) * torch.sum(enc, 0)
                n = torch.sum(self._ema_cluster_size.data)
                self._ema_cluster_size = (self._ema_cluster_size + 1e-5) / (n + self.K * 1e-5) * n
                dw = torch.matmul(enc.t(), flat)
                self._ema_w = nn.Parameter(self._ema_w * self.decay + (1 - self.decay) * dw, requires_grad=False)
                self._embedding.weight = nn.Parameter(
                    self._ema_w / self._ema_cluster_size.unsqueeze(1), requires_grad=False
                )
            e_latent_loss = F.mse_loss(q.detach(), z)
            loss = 0.25 * e_latent_loss
            q = z + (q - z).detach()
            return loss + F.mse_loss(self.dec(q), x)

    return VQ(), (torch.randn(4, 3),)


def gaussian_process() -> Made:
    """Marginal likelihood by MultivariateNormal."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.ls, self.noise = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.tensor(-1.0))

        def forward(self, x, y):
            K = torch.exp(-0.5 * (x - x.T) ** 2 / torch.exp(self.ls) ** 2) + torch.exp(self.noise) * torch.eye(len(x))
            return -MultivariateNormal(torch.zeros(len(x)), covariance_matrix=K).log_prob(y)

    return M(), (torch.randn(3, 1), torch.randn(3))


def neural_process() -> Made:
    """With a Gaussian process by cholesky_solve beside it."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.d, self.ls, self.noise = (
                nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3)),
                nn.Linear(4, 2),
                nn.Parameter(torch.zeros(1)),
                nn.Parameter(torch.tensor(-1.0)),
            )

        def forward(self, xc, yc, xt, yt):
            r = self.e(torch.cat([xc, yc], -1)).mean(0, keepdim=True).expand(xt.size(0), -1)
            mu, ls = self.d(torch.cat([r, xt], -1)).split(1, -1)
            dist = torch.distributions.Normal(mu, 0.1 + 0.9 * F.softplus(ls))
            K = torch.exp(-0.5 * torch.cdist(xc, xc) ** 2 / torch.exp(self.ls) ** 2) + torch.exp(
                self.noise
            ) * torch.eye(xc.size(0))
            L = torch.linalg.cholesky(K)
            al = torch.cholesky_solve(yc, L)
            nll = 0.5 * (yc.T @ al).squeeze() + torch.log(torch.diagonal(L)).sum()
            return -dist.log_prob(yt).mean() + nll

    return M(), (torch.randn(2, 1), torch.randn(2, 1), torch.randn(2, 1), torch.randn(2, 1))


def counts() -> Made:
    """As scvi-tools has them: lgamma of what is computed."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(2, 4)

        def forward(self, x, n):
            a = self.l(x)
            return -(
                NegativeBinomial(F.softplus(a[:, 0]), logits=a[:, 1], validate_args=False).log_prob(n)
                + Gamma(F.softplus(a[:, 2]) + 0.1, 1.0).log_prob(n + 1)
            ).mean()

    return M(), (torch.randn(3, 2), torch.tensor([0.0, 2.0, 5.0]))


def evidential() -> Made:
    """dougbrion/pytorch-classification-uncertainty: digamma and lgamma."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(2, 3)

        def forward(self, x, y):
            ev = F.relu(self.l(x))
            al = ev + 1
            S = al.sum(1, keepdim=True)
            oh = F.one_hot(y, 3).float()
            A = torch.sum(oh * (torch.digamma(S) - torch.digamma(al)), dim=1, keepdim=True)
            ka = (al - 1) * (1 - oh) + 1
            ones = torch.ones([1, 3])
            sa = ka.sum(1, keepdim=True)
            kl = (
                torch.lgamma(sa)
                - torch.lgamma(ka).sum(1, keepdim=True)
                + torch.lgamma(ones).sum(1, keepdim=True)
                - torch.lgamma(ones.sum(1, keepdim=True))
                + (ka - ones).mul(torch.digamma(ka) - torch.digamma(sa)).sum(1, keepdim=True)
            )
            return torch.mean(A + 0.3 * kl)

    return M(), (torch.randn(3, 2), torch.tensor([0, 2, 1]))


ZOO = {
    "β-TCVAE and MMD": tc_vae,
    "IWAE": iwae,
    "VQ-VAE, moving codebook": codebook,
    "Gaussian process": gaussian_process,
    "neural process": neural_process,
    "negative binomial and Gamma": counts,
    "evidential deep learning": evidential,
}
