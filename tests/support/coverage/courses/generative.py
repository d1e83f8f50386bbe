"""DDPM, VQ-VAE, NeRF, neural ODE, spiking and binary networks: what people build by themselves, small."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


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


def vq_vae() -> Made:
    """Straight-through as in the paper's PyTorch versions: quantized = inputs + (quantized − inputs).detach()."""

    class VectorQuantizer(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc, self.dec, self.embedding = nn.Linear(4, 2), nn.Linear(2, 4), nn.Embedding(3, 2)

        def forward(self, x):
            inputs = self.enc(x)
            distances = (torch.sum(inputs**2, dim=1, keepdim=True) + torch.sum(self.embedding.weight**2, dim=1)
                         - 2 * torch.matmul(inputs, self.embedding.weight.t()))  # fmt: skip
            indices = torch.argmin(distances, dim=1).unsqueeze(1)
            encodings = torch.zeros(indices.shape[0], 3, device=inputs.device)
            encodings.scatter_(1, indices, 1)
            quantized = torch.matmul(encodings.to(x.dtype), self.embedding.weight).view(inputs.shape)
            loss = F.mse_loss(quantized, inputs.detach()) + 0.25 * F.mse_loss(quantized.detach(), inputs)
            quantized = inputs + (quantized - inputs).detach()
            return F.mse_loss(self.dec(quantized), x) + loss

    return VectorQuantizer(), (torch.randn(3, 4),)


def binarized() -> Made:
    """A straight-through step written as (x > 0).float()."""

    class Binarized(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.l2 = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x, y):
            p = torch.sigmoid(self.l1(x))
            hard = (p > 0.5).float()
            return F.cross_entropy(self.l2(hard - p.detach() + p), y)

    return Binarized(), (torch.randn(3, 3), torch.randint(2, (3,)))


def spiking() -> Made:
    """snntorch's leaky neuron: a surrogate gradient in a Function, reset by subtraction."""

    class ATan(torch.autograd.Function):
        @staticmethod
        def forward(ctx, mem):
            ctx.save_for_backward(mem)
            return (mem > 0).float()

        @staticmethod
        def backward(ctx, grad_output):
            (mem,) = ctx.saved_tensors
            return 1 / (1 + (math.pi * mem).pow(2)) * grad_output

    class SNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc2, self.beta = nn.Linear(3, 4), nn.Linear(4, 2), 0.9

        def forward(self, x, y):
            mem, total = torch.zeros(x.shape[0], 4), 0
            for _ in range(3):
                reset = (mem > 1.0).float().detach()
                mem = self.beta * mem + self.fc1(x) - reset
                spk = ATan.apply(mem - 1.0)
                total = total + self.fc2(spk.to(x.dtype))
            return F.cross_entropy(total, y)

    return SNN(), (torch.randn(3, 3), torch.randint(2, (3,)))


def gumbel_softmax() -> Made:
    class Gumbel(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc, self.dec = nn.Linear(4, 3), nn.Linear(3, 4)

        def forward(self, x):
            z = F.gumbel_softmax(self.enc(x), tau=0.8, hard=True)
            return F.mse_loss(self.dec(z), x)

    return Gumbel(), (torch.randn(2, 4),)


def nerf() -> Made:
    """Positional encoding, density and colour, and the volume rendering of one ray."""

    class NeRF(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.sigma, self.rgb = nn.Linear(15, 4), nn.Linear(4, 1), nn.Linear(4, 3)

        def encode(self, x):
            out = [x]
            for i in range(2):
                out += [torch.sin(2.0**i * x), torch.cos(2.0**i * x)]
            return torch.cat(out, dim=-1)

        def forward(self, points, z_vals, target):
            h = F.relu(self.l1(self.encode(points)))
            sigma, rgb = F.softplus(self.sigma(h)).squeeze(-1), torch.sigmoid(self.rgb(h))
            dists = torch.cat([z_vals[..., 1:] - z_vals[..., :-1], torch.full_like(z_vals[..., :1], 10.0)], -1)
            alpha = 1.0 - torch.exp(-sigma * dists)
            through = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1.0 - alpha + 1e-10], -1), -1)[:, :-1]
            weights = alpha * through
            return F.mse_loss(torch.sum(weights[..., None] * rgb, -2), target)

    return NeRF(), (torch.randn(2, 3, 3), torch.tensor([[0.1, 0.5, 0.9], [0.2, 0.4, 0.8]]), torch.rand(2, 3))


def neural_ode() -> Made:
    class ODE(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))

        def forward(self, y0, target):
            y, h = y0, 0.25
            for _ in range(2):
                k1 = self.net(y**3)
                k2 = self.net((y + h * k1 / 2) ** 3)
                k3 = self.net((y + h * k2 / 2) ** 3)
                k4 = self.net((y + h * k3) ** 3)
                y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return torch.mean(torch.abs(y - target))

    return ODE(), (torch.randn(1, 2), torch.randn(1, 2))


ZOO = {
    "DDPM": ddpm,
    "VQ-VAE": vq_vae,
    "straight-through, (x > 0).float()": binarized,
    "spiking network": spiking,
    "Gumbel softmax": gumbel_softmax,
    "NeRF": nerf,
    "neural ODE": neural_ode,
}
