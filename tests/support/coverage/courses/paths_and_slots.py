"""Invariances, distances between distributions, slots, and paths."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def slot_attention() -> Made:
    """lucidrains/slot-attention: slots compete for what is seen; their noise is an input."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.mu, self.ls = nn.Parameter(torch.randn(1, 1, 3)), nn.Parameter(torch.zeros(1, 1, 3))
            self.q, self.k, self.v, self.gru, self.mlp, self.ni, self.ns, self.npf, self.dec = (
                nn.Linear(3, 3),
                nn.Linear(3, 3),
                nn.Linear(3, 3),
                nn.GRUCell(3, 3),
                nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True), nn.Linear(4, 3)),
                nn.LayerNorm(3),
                nn.LayerNorm(3),
                nn.LayerNorm(3),
                nn.Linear(3, 5),
            )

        def forward(self, x, noise):
            b, n, d = x.shape
            mu, sg = self.mu.expand(b, 2, -1), self.ls.exp().expand(b, 2, -1)
            sl = mu + sg * noise
            inp = self.ni(x)
            k, v = self.k(inp), self.v(inp)
            for _ in range(2):
                prev = sl
                q = self.q(self.ns(sl))
                dots = torch.einsum("bid,bjd->bij", q, k) * d**-0.5
                attn = dots.softmax(dim=1) + 1e-8
                attn = attn / attn.sum(dim=-1, keepdim=True)
                up = torch.einsum("bjd,bij->bid", v, attn)
                sl = self.gru(up.reshape(-1, d), prev.reshape(-1, d)).reshape(b, -1, d)
                sl = sl + self.mlp(self.npf(sl))
            o = self.dec(sl)
            rec, m = o[..., :4], o[..., 4:]
            return F.mse_loss((rec * m.softmax(1)).sum(1), x.flatten(1)[:, :4])

    return M(), (torch.randn(1, 3, 3), torch.randn(1, 2, 3))


def invariances() -> Made:
    """IRM, V-REx, group DRO, Fishr-like variances, DP-SGD's clipping, demographic parity, focal temperature."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(3, 2)

        def forward(self, x, y, env):
            z = self.l(x)
            sc = torch.tensor(1.0).requires_grad_()
            pen, rs = 0, []
            for e in range(2):
                m = env == e
                w = m.to(z)
                le = (F.cross_entropy(z * sc, y, reduction="none") * w).sum() / w.sum()
                g = torch.autograd.grad(le, [sc], create_graph=True)[0]
                pen = pen + g**2
                rs.append(le)
            r = torch.stack(rs)
            q = torch.softmax(r.detach() / 0.5, 0)
            ps = torch.func.vmap(
                torch.func.grad(
                    lambda p, xx, yy: F.cross_entropy(torch.func.functional_call(self.l, p, (xx[None],)), yy[None])
                ),
                (None, 0, 0),
            )(dict(self.l.named_parameters()), x, y)
            nr = torch.sqrt(sum(v.flatten(1).pow(2).sum(1) for v in ps.values()))
            clip = (1.0 / nr).clamp(max=1.0)
            gv = (ps["weight"] * clip[:, None, None]).var(0).sum()
            p = z.softmax(1)[:, 1]
            dp = (p[env == 0].mean() - p[env == 1].mean()).abs()
            return r.mean() + pen + r.var() + (q * r).sum() + 0.1 * gv + dp

    return M(), (torch.randn(4, 3), torch.tensor([0, 1, 1, 0]), torch.tensor([0, 0, 1, 1]))


def p4conv() -> Made:
    """Kernels in four turns, and their own turns."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.w2, self.o = (
                nn.Parameter(torch.randn(2, 1, 3, 3) * 0.4),
                nn.Parameter(torch.randn(1, 2, 4, 3, 3) * 0.2),
                nn.Linear(1, 2),
            )

        def forward(self, x, y):
            f = torch.stack([torch.rot90(self.w, k, (2, 3)) for k in range(4)], 1).flatten(0, 1)
            h = F.conv2d(x, f, padding=1).relu()
            g = torch.stack([torch.roll(torch.rot90(self.w2, k, (3, 4)), k, 2) for k in range(4)], 1).reshape(
                4, 8, 3, 3
            )
            h = F.conv2d(h, g, padding=1).view(len(x), 1, 4, *x.shape[2:]).amax(2)
            return F.cross_entropy(self.o(h.mean((2, 3))), y)

    return M(), (torch.randn(2, 1, 3, 3), torch.tensor([0, 1]))


def cde() -> Made:
    """patrick-kidger/torchcde: a path between the points, found by the time."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.i, self.f, self.o = nn.Linear(2, 3), nn.Linear(3, 6), nn.Linear(3, 2)

        def forward(self, x, dt, y):
            t = dt.cumsum(0)
            dx = (x[:, 1:] - x[:, :-1]) / (t[1:] - t[:-1])[None, :, None]
            m = torch.cat([dx[:, :1], dx], 1)
            z = self.i(x[:, 0])
            h = (t[-1] - t[0]) / 4

            def der(tt):
                i = torch.clamp(torch.bucketize(tt.detach(), t.detach()) - 1, 0, len(t) - 2)
                fr = tt - t[i]
                return m[:, i] + fr * (m[:, i + 1] - m[:, i])

            def f(tt, z):
                return (self.f(z).tanh().view(-1, 3, 2) @ der(tt).unsqueeze(-1)).squeeze(-1)

            for k in range(4):
                tt = t[0] + k * h
                k1 = f(tt, z)
                k2 = f(tt + h / 3, z + h * k1 / 3)
                k3 = f(tt + h * 2 / 3, z + h * (k2 - k1 / 3))
                k4 = f(tt + h, z + h * (k1 - k2 + k3))
                z = z + (k1 + 3 * (k2 + k3) + k4) * h * 0.125
            return F.cross_entropy(self.o(z), y)

    return M(), (torch.randn(1, 4, 2), torch.tensor([0.1, 0.4, 0.5, 0.6]), torch.tensor([1]))


def sae() -> Made:
    """The largest few, and JumpReLU with a threshold that learns."""

    def jump(x, threshold, bandwidth):
        """JumpReLU: the gradient of its threshold is that of a rectangle around it."""
        near = ((x - threshold) / bandwidth).abs().lt(0.5).to(x)
        slope = (-(threshold / bandwidth) * near).detach()
        return x * (x > threshold).to(x) + slope * (threshold - threshold.detach())

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.D, self.b, self.bd, self.lt = (
                nn.Parameter(torch.randn(3, 5) * 0.5),
                nn.Parameter(torch.randn(5, 3) * 0.5),
                nn.Parameter(torch.zeros(5)),
                nn.Parameter(torch.zeros(3)),
                nn.Parameter(torch.log(torch.ones(5) * 0.3)),
            )

        def forward(self, x):
            p = F.relu((x - self.bd) @ self.W + self.b)
            v, i = (q[:, :2] for q in p.sort(dim=-1, descending=True, stable=True))
            z = torch.zeros_like(p).scatter(-1, i, v)
            j = jump(p, self.lt.exp(), 0.7)
            r = z @ self.D + self.bd
            e = x - r
            aux = F.mse_loss((p * (z == 0)).amax(-1).mean() * self.D.mean(0).expand_as(x), e.detach())
            l0 = torch.tanh(j / 0.5).sum(-1).mean()
            return (
                e.pow(2).sum(-1).mean()
                + aux
                + ((j @ self.D - x) ** 2).mean()
                + 0.01 * l0
                + 0.01 * (j.abs() * self.D.norm(dim=1)).sum(-1).mean()
            )

    return M(), (torch.randn(3, 3),)


ZOO = {
    "slot attention": slot_attention,
    "IRM, V-REx and clipped gradients": invariances,
    "group convolution, p4": p4conv,
    "neural CDE": cde,
    "sparse autoencoder": sae,
}
