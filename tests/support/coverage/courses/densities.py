"""Densities: noise that is taken away, samples, flows that can be turned back."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal

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


def ddpm() -> Made:
    """The loss of Ho et al. as lucidrains writes it: a time embedding, extract, noise that is given."""

    def extract(a, t, x_shape):
        b, *_ = t.shape
        out = a.gather(-1, t)
        return out.reshape(b, *((1,) * (len(x_shape) - 1)))

    class SinusoidalPosEmb(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.dim = dim

        def forward(self, x):
            half_dim = self.dim // 2
            emb = math.log(10000) / (half_dim - 1)
            emb = torch.exp(torch.arange(half_dim, device=x.device) * -emb)
            emb = x[:, None] * emb[None, :]
            return torch.cat((emb.sin(), emb.cos()), dim=-1)

    class DDPM(nn.Module):
        def __init__(self, timesteps=6):
            super().__init__()
            alphas_cumprod = torch.cumprod(1.0 - torch.linspace(1e-4, 0.02, timesteps), dim=0)
            self.register_buffer("sqrt_alphas_cumprod", torch.sqrt(alphas_cumprod))
            self.register_buffer("sqrt_one_minus_alphas_cumprod", torch.sqrt(1.0 - alphas_cumprod))
            self.time_mlp = nn.Sequential(SinusoidalPosEmb(4), nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 4))
            self.conv, self.norm, self.out = nn.Conv2d(1, 2, 3, padding=1), nn.GroupNorm(1, 2), nn.Conv2d(2, 1, 1)

        def model(self, x, t):
            scale, shift = self.time_mlp(t).unsqueeze(-1).unsqueeze(-1).chunk(2, dim=1)
            return self.out(F.silu(self.norm(self.conv(x)) * (scale + 1) + shift))

        def forward(self, x_start, t, noise):
            x = (extract(self.sqrt_alphas_cumprod, t, x_start.shape) * x_start
                 + extract(self.sqrt_one_minus_alphas_cumprod, t, x_start.shape) * noise)  # fmt: skip
            loss = F.mse_loss(self.model(x, t), noise, reduction="none")
            return loss.reshape(loss.shape[0], -1).mean(dim=1).mean()

    return DDPM(), (torch.randn(2, 1, 3, 3), torch.tensor([1, 4]), torch.randn(2, 1, 3, 3))


def gumbel_softmax() -> Made:
    class Gumbel(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc, self.dec = nn.Linear(4, 3), nn.Linear(3, 4)

        def forward(self, x):
            z = F.gumbel_softmax(self.enc(x), tau=0.8, hard=True)
            return F.mse_loss(self.dec(z), x)

    return Gumbel(), (torch.randn(2, 4),)


def spline_flow() -> Made:
    """bayesiains/nsf: rational quadratic pieces, found by comparing."""

    def rqs(x, uw, uh, ud, B=3.0, mb=1e-3):
        K = uw.shape[-1]
        w = mb + (1 - mb * K) * F.softmax(uw, -1)
        cw = F.pad(torch.cumsum(w, -1), (1, 0), value=0.0) * 2 * B - B
        w = cw[..., 1:] - cw[..., :-1]
        h = mb + (1 - mb * K) * F.softmax(uh, -1)
        ch = F.pad(torch.cumsum(h, -1), (1, 0)) * 2 * B - B
        h = ch[..., 1:] - ch[..., :-1]
        d = 1e-3 + F.softplus(F.pad(ud, (1, 1), value=math.log(math.exp(1 - 1e-3) - 1)))
        inside = (x >= -B) & (x <= B)
        loc = cw.clone()
        loc[..., -1] += 1e-6
        idx = (torch.sum(x.clamp(-B, B)[..., None] >= loc, dim=-1) - 1)[..., None]
        g = lambda t: t.gather(-1, idx)[..., 0]
        icw, iw, ich, ih, id0, id1 = g(cw), g(w), g(ch), g(h), g(d), g(d[..., 1:])
        delta = ih / iw
        th = (x.clamp(-B, B) - icw) / iw
        tt = th * (1 - th)
        den = delta + (id0 + id1 - 2 * delta) * tt
        out = ich + ih * (delta * th.pow(2) + id0 * tt) / den
        ld = torch.log(delta.pow(2) * (id1 * th.pow(2) + 2 * delta * tt + id0 * (1 - th).pow(2))) - 2 * torch.log(den)
        return torch.where(inside, out, x), torch.where(inside, ld, torch.zeros_like(ld))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Linear(1, 11)

        def forward(self, x):
            a, b = x[:, 0], x[:, 1]
            uw, uh, ud = self.net(a[:, None]).split([4, 4, 3], -1)
            z, ld = rqs(b, uw, uh, ud)
            return (0.5 * (a**2 + z**2) - ld).mean()

    return M(), (torch.randn(3, 2) * 1.5,)


ZOO = {
    "β-TCVAE and MMD": tc_vae,
    "IWAE": iwae,
    "VQ-VAE, moving codebook": codebook,
    "DDPM": ddpm,
    "Gumbel softmax": gumbel_softmax,
    "neural spline flow": spline_flow,
}
