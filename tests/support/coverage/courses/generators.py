"""Networks that draw: variational, quantized, adversarial, by diffusion."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def vae() -> Made:
    """pytorch/examples: vae. The noise is drawn inside."""

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc21, self.fc22 = nn.Linear(6, 4), nn.Linear(4, 2), nn.Linear(4, 2)
            self.fc3, self.fc4 = nn.Linear(2, 4), nn.Linear(4, 6)

        def forward(self, x):
            h = F.relu(self.fc1(x))
            mu, logvar = self.fc21(h), self.fc22(h)
            std = torch.exp(0.5 * logvar)
            made = torch.sigmoid(self.fc4(F.relu(self.fc3(mu + torch.randn_like(std) * std))))
            kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            return F.binary_cross_entropy(made, x, reduction="sum") + kld

    return VAE(), (torch.rand(2, 6),)


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


def fsq() -> Made:
    """lucidrains/vector-quantize-pytorch: finite scalars, and signs with entropies."""

    def round_ste(z):
        zhat = z.round()
        return z + (zhat - z).detach()

    class FSQ(nn.Module):
        def __init__(self, levels):
            super().__init__()
            _levels = torch.tensor(levels, dtype=torch.int32)
            self.register_buffer("_levels", _levels, persistent=False)
            _basis = torch.cumprod(torch.tensor([1] + levels[:-1]), dim=0, dtype=torch.int32)
            self.register_buffer("_basis", _basis, persistent=False)

        def bound(self, z, eps=1e-3):
            half_l = (self._levels - 1) * (1 + eps) / 2
            offset = torch.where(self._levels % 2 == 0, 0.5, 0.0)
            shift = (offset / half_l).atanh()
            return (z + shift).tanh() * half_l - offset

        def forward(self, z):
            q = round_ste(self.bound(z))
            half_width = self._levels // 2
            codes = q / half_width
            idx = ((codes * half_width + half_width) * self._basis).sum(dim=-1).to(torch.int32)
            return codes, idx

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.fsq, self.d = nn.Linear(4, 3), FSQ([3, 4, 5]), nn.Linear(3, 4)
            self.emb = nn.Embedding(60, 2)

        def forward(self, x):
            c, i = self.fsq(self.e(x))
            z = self.e(x)
            q = torch.where(z > 0, 1.0, -1.0)
            q = z + (q - z).detach()
            p = torch.sigmoid(4 * z)
            ent = lambda p: -(p * p.clamp(min=1e-5).log() + (1 - p) * (1 - p).clamp(min=1e-5).log()).sum(-1)
            per_sample, codebook = ent(p).mean(), ent(p.mean(0))
            return (
                F.mse_loss(self.d(c), x)
                + F.l1_loss(self.d(q), x)
                + 0.1 * (per_sample - codebook)
                + self.emb(i).pow(2).mean()
            )

    return M(), (torch.randn(3, 4),)


def wgan_gp_convolutional() -> Made:
    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.disc = nn.Sequential(nn.Conv2d(1, 2, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(2, 1, 2))

        def forward(self, real, fake, epsilon):
            mixed = (real * epsilon + fake * (1 - epsilon)).requires_grad_()
            scores = self.disc(mixed)
            gradient = torch.autograd.grad(
                inputs=mixed, outputs=scores, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True
            )[0]
            gradient = gradient.view(gradient.shape[0], -1)
            penalty = torch.mean((gradient.norm(2, dim=1) - 1) ** 2)
            return -(torch.mean(self.disc(real)) - torch.mean(self.disc(fake))) + 10 * penalty

    return Critic(), (torch.randn(2, 1, 4, 4), torch.randn(2, 1, 4, 4), torch.rand(2, 1, 1, 1))


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


ZOO = {
    "VAE that draws its noise": vae,
    "VQ-VAE, moving codebook": codebook,
    "FSQ and LFQ": fsq,
    "WGAN-GP, convolutional": wgan_gp_convolutional,
    "DDPM": ddpm,
}
