"""Scenes and pictures that are drawn, grown or looked up."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def style() -> Made:
    """rosinality/stylegan2-pytorch: a convolution that each style scales, blur, spread within a batch."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(1, 2, 2, 3, 3))
            self.mod = nn.Linear(3, 2)
            self.scale = 1 / math.sqrt(18)
            self.noise = nn.Parameter(torch.zeros(1))
            self.out = nn.Conv2d(3, 1, 1)
            k = torch.tensor([1.0, 3, 3, 1])
            self.register_buffer("kernel", k[None, :] * k[:, None] / 64)

        def forward(self, x, w, n):
            w = w * torch.rsqrt(torch.mean(w**2, dim=1, keepdim=True) + 1e-8)
            b, c, h, ww = x.shape
            st = self.mod(w).view(b, 1, c, 1, 1)
            W = self.scale * self.weight * st
            W = W * torch.rsqrt(W.pow(2).sum([2, 3, 4]) + 1e-8).view(b, 2, 1, 1, 1)
            o = F.conv2d(x.view(1, b * c, h, ww), W.view(b * 2, c, 3, 3), padding=1, groups=b).view(b, 2, h, ww)
            o = F.leaky_relu(o + self.noise * n, 0.2) * 2**0.5
            o = F.conv2d(F.pad(o, (2, 1, 2, 1)).view(-1, 1, h + 3, ww + 3), self.kernel[None, None]).view(b, 2, h, ww)
            s = o.view(2, -1, 1, 2, h, ww)
            s = (
                torch.sqrt(s.var(0, unbiased=False) + 1e-8)
                .mean([2, 3, 4], keepdims=True)
                .squeeze(2)
                .repeat(2, 1, h, ww)
            )
            return F.softplus(-self.out(torch.cat([o, s], 1))).mean()

    return M(), (torch.randn(2, 2, 3, 3), torch.randn(2, 3), torch.randn(2, 1, 3, 3))


def convlstm() -> Made:
    """ndrplz/ConvLSTM_pytorch, and growing neural cellular automata behind it."""

    class ConvLSTMCell(nn.Module):
        def __init__(self, i, h, k, bias):
            super().__init__()
            self.hidden_dim = h
            self.conv = nn.Conv2d(
                in_channels=i + h, out_channels=4 * h, kernel_size=k, padding=(k[0] // 2, k[1] // 2), bias=bias
            )

        def forward(self, x, cur_state):
            h, c = cur_state
            cc_i, cc_f, cc_o, cc_g = torch.split(self.conv(torch.cat([x, h], dim=1)), self.hidden_dim, dim=1)
            i, f, o, g = torch.sigmoid(cc_i), torch.sigmoid(cc_f), torch.sigmoid(cc_o), torch.tanh(cc_g)
            c = f * c + i * g
            return o * torch.tanh(c), c

        def init_hidden(self, b, s):
            return (
                torch.zeros(b, self.hidden_dim, *s, device=self.conv.weight.device),
                torch.zeros(b, self.hidden_dim, *s, device=self.conv.weight.device),
            )

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.o = ConvLSTMCell(1, 1, (3, 3), True), nn.Conv2d(1, 1, 1)
            ident, dx = (
                torch.tensor([[0, 0, 0], [0, 1.0, 0], [0, 0, 0]]),
                torch.outer(torch.tensor([1.0, 2, 1]), torch.tensor([-1.0, 0, 1])) / 8,
            )
            self.register_buffer("k", torch.stack([ident, dx, dx.T])[:, None])
            self.w1, self.w2 = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 1, 1, bias=False)

        def forward(self, x, y):
            st = self.cell.init_hidden(1, (3, 3))
            outs = []
            for t in range(2):
                st = self.cell(x[:, t], st)
                outs.append(st[0])
            s = torch.stack(outs, 1)[:, -1]
            for _ in range(2):
                alive = F.max_pool2d(s, 3, 1, 1) > 0.1
                s = s + self.w2(torch.relu(self.w1(F.conv2d(F.pad(s, [1] * 4, "circular"), self.k))))
                s = s * alive.float()
            return F.mse_loss(self.o(s), y)

    return M(), (torch.randn(1, 2, 1, 3, 3), torch.randn(1, 1, 3, 3))


def nerf_hash() -> Made:
    """Features looked up by a hash of the corners, beside waves."""

    class Sine(nn.Module):
        def __init__(self, i, o, first=False, w0=5.0):
            super().__init__()
            self.w0, self.linear = w0, nn.Linear(i, o)

        def forward(self, x):
            return torch.sin(self.w0 * self.linear(x))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.table = nn.Sequential(Sine(2, 4, True), Sine(4, 4), nn.Linear(4, 1)), nn.Embedding(8, 2)
            self.register_buffer("B", torch.randn(2, 2) * 3)
            self.o = nn.Linear(6, 1)

        def forward(self, x, y):
            s = x * 3
            lo = torch.floor(s).long()
            fr = s - lo
            f = 0
            for i in (0, 1):
                for j in (0, 1):
                    c = lo + torch.tensor([i, j])
                    hsh = (c[:, 0] * 1 + c[:, 1] * 3) % 8
                    w = (fr[:, 0] if i else 1 - fr[:, 0]) * (fr[:, 1] if j else 1 - fr[:, 1])
                    f = f + w[:, None] * self.table(hsh)
            p = 2 * math.pi * x @ self.B
            return F.mse_loss(self.net(x) + self.o(torch.cat([f, p.sin(), p.cos()], -1)), y)

    return M(), (torch.rand(3, 2), torch.randn(3, 1))


def splatting() -> Made:
    """In the plane; rotations by quaternions and by six numbers."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.mu, self.ls, self.th, self.col, self.op, self.q, self.r6 = (
                nn.Parameter(torch.randn(*s) * 0.5) for s in ((2, 2), (2, 2), (2,), (2, 3), (2,), (4,), (6,))
            )

        def forward(self, grid, img, p):
            c, s = torch.cos(self.th), torch.sin(self.th)
            R = torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)
            S = torch.diag_embed(self.ls.exp() + 0.3)
            cov = R @ S @ S.mT @ R.mT
            inv = torch.inverse(cov)
            d = grid[:, None] - self.mu
            pw = -0.5 * torch.einsum("pni,nij,pnj->pn", d, inv, d)
            a = (torch.sigmoid(self.op) * pw.exp()).clamp(max=0.99)
            T = torch.cumprod(torch.cat([torch.ones_like(a[:, :1]), 1 - a], 1), 1)[:, :-1]
            out = ((a * T)[..., None] * self.col.sigmoid()).sum(1)
            q = F.normalize(self.q, dim=0)
            w, x, y, z = q.unbind(-1)
            Q = torch.stack(
                [
                    1 - 2 * (y * y + z * z),
                    2 * (x * y - z * w),
                    2 * (x * z + y * w),
                    2 * (x * y + z * w),
                    1 - 2 * (x * x + z * z),
                    2 * (y * z - x * w),
                    2 * (x * z - y * w),
                    2 * (y * z + x * w),
                    1 - 2 * (x * x + y * y),
                ]
            ).reshape(3, 3)
            a1, a2 = self.r6.view(2, 3)
            b1 = F.normalize(a1, dim=-1)
            b2 = F.normalize(a2 - (b1 * a2).sum() * b1, dim=-1)
            B = torch.stack((b1, b2, torch.linalg.cross(b1, b2)), dim=-2)
            cosang = ((torch.trace(Q @ B.T) - 1) / 2).clamp(-1 + 1e-6, 1 - 1e-6)
            return F.l1_loss(out, img) + torch.acos(cosang) * 0.1 + (p @ Q.T).pow(3).mean()

    return M(), (torch.randn(3, 2), torch.rand(3, 3), torch.randn(2, 3))


ZOO = {
    "StyleGAN2": style,
    "ConvLSTM and a cellular automaton": convlstm,
    "SIREN and Instant-NGP's hash grid": nerf_hash,
    "Gaussian splatting": splatting,
}
