"""Flows: densities by functions that can be turned back."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import (
    MultivariateNormal,
    Normal,
)

from tests.support.coverage.case import Made


def glow() -> Made:
    """rosinality/glow-pytorch: one step with an invertible 1×1 convolution."""

    class Glow(nn.Module):
        def __init__(self):
            super().__init__()
            w = torch.linalg.qr(torch.randn(2, 2))[0]
            self.W = nn.Parameter(w)
            self.loc, self.scale = nn.Parameter(torch.zeros(1, 2, 1, 1)), nn.Parameter(torch.ones(1, 2, 1, 1))
            self.register_buffer("initialized", torch.tensor(1, dtype=torch.uint8))
            self.net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(2, 2, 1))

        def forward(self, x):
            _, _, h, w = x.shape
            x = self.scale * (x + self.loc)
            ld = h * w * torch.sum(torch.log(torch.abs(self.scale)))
            x = F.conv2d(x, self.W.unsqueeze(2).unsqueeze(3))
            ld = ld + h * w * torch.slogdet(self.W.squeeze().double())[1].float()
            a, b = x.chunk(2, 1)
            ls, t = self.net(a).chunk(2, 1)
            s = F.sigmoid(ls + 2)
            b = (b + t) * s
            ld = ld + torch.sum(torch.log(s).view(x.shape[0], -1), 1)
            z = torch.cat([a, b], 1)
            lp = -0.5 * math.log(2 * math.pi) - 0.5 * z**2
            return (-(lp.sum([1, 2, 3]) + ld) / (math.log(2) * 8)).mean()

    return Glow(), (torch.randn(2, 2, 2, 2),)


def maf() -> Made:
    """Masks on weights, batch norm as a flow, MultivariateNormal."""

    class MaskedLinear(nn.Linear):
        def __init__(self, i, o, mask):
            super().__init__(i, o)
            self.register_buffer("mask", mask)

        def forward(self, x):
            return F.linear(x, self.mask * self.weight, self.bias)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            di, dh, do = np.arange(3) % 3, np.arange(4) % 2, (np.arange(6) % 3) - 1
            mk = lambda a, b: torch.from_numpy((b[:, None] >= a[None, :]).astype(np.float32))
            self.l1, self.l2 = MaskedLinear(3, 4, mk(di, dh)), MaskedLinear(4, 6, mk(dh, do))

        def forward(self, x):
            m, a = self.l2(torch.tanh(self.l1(x))).chunk(2, 1)
            u = (x - m) * torch.exp(-a)
            mu, var = u.mean(0), u.var(0)
            un = (u - mu) / torch.sqrt(var + 1e-5)
            ld = -a.sum(1) - 0.5 * torch.log(var + 1e-5).sum()
            return -(ld + MultivariateNormal(torch.zeros(3), torch.eye(3)).log_prob(un)).mean()

    return M(), (torch.randn(4, 3),)


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


def flow_of_time() -> Made:
    """The trace by a gradient for each dimension, along Runge-Kutta steps."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(3, 4), nn.Softplus(), nn.Linear(4, 2))

        def f(self, t, z):
            z = z.requires_grad_(True)
            dz = self.net(torch.cat([z, torch.ones_like(z[:, :1]) * t], 1))
            tr = 0.0
            for i in range(z.shape[1]):
                tr += torch.autograd.grad(dz[:, i].sum(), z, create_graph=True)[0].contiguous()[:, i].contiguous()
            return dz, -tr.view(-1, 1)

        def forward(self, x):
            with torch.set_grad_enabled(True):
                z, lp = x, torch.zeros(x.size(0), 1)
                for k in range(2):
                    k1, l1 = self.f(k * 0.5, z)
                    k2, l2 = self.f(k * 0.5 + 0.25, z + 0.25 * k1)
                    z = z + 0.5 * k2
                    lp = lp + 0.5 * l2
                return -(Normal(0.0, 1.0).log_prob(z).sum(1, keepdim=True) - lp).mean()

    return M(), (torch.randn(2, 2),)


ZOO = {
    "Glow": glow,
    "masked autoregressive flow": maf,
    "neural spline flow": spline_flow,
    "FFJORD": flow_of_time,
}
