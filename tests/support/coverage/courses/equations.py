"""Equations and geometry: physics-informed networks, forces, paths, curved spaces."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def pinn_of_an_oscillation() -> Made:
    """y″ = −y with y(0) = 0 and y′(0) = 1, by a network of one hidden layer."""

    class PINN(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))

        def forward(self, t):
            t = t.requires_grad_(True)
            y = self.net(t)
            dy = torch.autograd.grad(y, t, torch.ones_like(y), create_graph=True)[0]
            d2y = torch.autograd.grad(dy, t, torch.ones_like(dy), create_graph=True)[0]
            t0 = torch.zeros(1, 1, requires_grad=True)
            y0 = self.net(t0)
            dy0 = torch.autograd.grad(y0, t0, torch.ones_like(y0), create_graph=True)[0]
            return torch.mean((d2y + y) ** 2) + (torch.squeeze(y0) - 0) ** 2 + (torch.squeeze(dy0) - 1) ** 2

    return PINN(), (torch.rand(3, 1),)


def blackscholes() -> Made:
    """torch.func: vmap of second derivatives, a Laplacian, jacfwd."""
    from torch.func import functional_call, hessian, jacfwd, vmap
    from torch.func import grad as fgrad

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 3), nn.Softplus(), nn.Linear(3, 1))

        def forward(self, s, t):
            params = dict(self.net.named_parameters())
            u = lambda s, t: functional_call(self.net, params, (torch.stack([s, t]),)).squeeze(-1)
            V = vmap(u)(s, t)
            Vt, Vs = vmap(fgrad(u, 1))(s, t), vmap(fgrad(u, 0))(s, t)
            Vss = vmap(fgrad(fgrad(u, 0), 0))(s, t)
            pde = Vt + 0.5 * 0.04 * s**2 * Vss + 0.05 * s * Vs - 0.05 * V
            xy = torch.stack([s, t], 1)
            w = lambda z: functional_call(self.net, params, (z,)).squeeze(-1)
            lap = vmap(lambda z: torch.trace(hessian(w)(z)))(xy)
            J = vmap(jacfwd(w))(xy)
            pay = F.relu(s - 0.5)
            return pde.pow(2).mean() + (V - pay).pow(2).mean() + 0.1 * lap.mean() + J.norm(dim=1).mean()

    return M(), (torch.rand(2), torch.rand(2))


def dimenet() -> Made:
    """Bessel functions with an envelope; forces are gradients of an energy."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.freq = nn.Parameter(torch.arange(1, 4).float().mul_(math.pi))
            self.emb, self.f, self.o = nn.Embedding(3, 3), nn.Linear(6, 3), nn.Linear(3, 1)

        def envelope(self, x, p=6):
            a, b, c = -(p + 1) * (p + 2) / 2, p * (p + 2), -p * (p + 1) / 2
            xp = x.pow(p - 1)
            return (1.0 / x + a * xp + b * xp * x + c * xp * x * x) * (x < 1.0).to(x.dtype)

        def forward(self, z, pos, i, j, E, Fo):
            pos = pos.requires_grad_(True) if not pos.requires_grad else pos
            d = (pos[i] - pos[j]).norm(dim=-1) / 3.0
            rbf = self.envelope(d)[:, None] * (self.freq * d[:, None]).sin()
            m = F.silu(self.f(torch.cat([self.emb(z[j]), rbf], -1)))
            h = torch.zeros(len(z), 3).to(m).index_add_(0, i, m)
            energy = self.o(h).sum()
            force = -torch.autograd.grad([energy], [pos], create_graph=True)[0]
            return (energy - E).abs() + (force - Fo).square().mean()

    return M(), (
        torch.tensor([0, 1, 2]),
        torch.tensor([[0.0, 0, 0], [1, 0.2, -0.1], [0.1, -1.2, 0.4]]),
        torch.tensor([0, 0, 1, 1, 2, 2]),
        torch.tensor([1, 2, 0, 2, 0, 1]),
        torch.tensor(0.3),
        torch.randn(3, 3),
    )


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


def geometry() -> Made:
    """Poincaré embeddings, Möbius addition, Lorentz distance, quaternions, rotations."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.r, self.i, self.j, self.k, self.six, self.axis, self.c = (
                nn.Embedding(4, 2),
                *(nn.Parameter(torch.randn(2, 1) * 0.5) for _ in range(4)),
                nn.Parameter(torch.randn(2, 6)),
                nn.Parameter(torch.randn(2, 3)),
                nn.Parameter(torch.tensor(1.0)),
            )
            nn.init.uniform_(self.e.weight, -0.4, 0.4)

        def mobius(self, x, y, c):
            x2, y2, xy = x.pow(2).sum(-1, keepdim=True), y.pow(2).sum(-1, keepdim=True), (x * y).sum(-1, keepdim=True)
            return ((1 + 2 * c * xy + c * y2) * x + (1 - c * x2) * y) / (1 + 2 * c * xy + c**2 * x2 * y2).clamp_min(
                1e-15
            )

        def forward(self, idx, neg, pts, q):
            u, v, n = self.e(idx[:, 0]), self.e(idx[:, 1]), self.e(neg)
            eps = 1e-5

            def dist(u, v):
                sq = lambda t: torch.clamp(torch.sum(t * t, dim=-1), 0, 1 - eps)
                x = torch.sum(torch.pow(u - v, 2), dim=-1) / ((1 - sq(u)) * (1 - sq(v))) * 2 + 1
                return torch.log(x + torch.sqrt(torch.pow(x, 2) - 1))

            c = F.softplus(self.c)
            d = torch.cat([dist(u, v)[:, None], dist(u.unsqueeze(1).expand_as(n), n)], 1)
            l = F.cross_entropy(-d, torch.zeros(len(idx), dtype=torch.long))
            m = self.mobius(-u, v, c)
            md = 2 / c.sqrt() * torch.atanh((c.sqrt() * m.norm(dim=-1)).clamp(max=1 - 1e-5))
            ex = (
                torch.tanh(u.norm(dim=-1, keepdim=True).clamp_min(1e-15))
                * u
                / u.norm(dim=-1, keepdim=True).clamp_min(1e-15)
            )
            lor = lambda a: torch.cat([(1 + a.pow(2).sum(-1, keepdim=True)).sqrt(), a], -1)
            La, Lb = lor(u), lor(v)
            ip = -La[:, 0] * Lb[:, 0] + (La[:, 1:] * Lb[:, 1:]).sum(-1)
            ld = torch.acosh((-ip).clamp(min=1 + 1e-7))
            W = torch.cat(
                [
                    torch.cat([self.r, -self.i, -self.j, -self.k], 0),
                    torch.cat([self.i, self.r, -self.k, self.j], 0),
                    torch.cat([self.j, self.k, self.r, -self.i], 0),
                    torch.cat([self.k, -self.j, self.i, self.r], 0),
                ],
                1,
            )
            qo = q @ W
            a1, a2 = self.six[..., :3], self.six[..., 3:]
            b1 = F.normalize(a1, dim=-1)
            b2 = F.normalize(a2 - (b1 * a2).sum(-1, keepdim=True) * b1, dim=-1)
            b3 = torch.cross(b1, b2, dim=-1)
            R = torch.stack((b1, b2, b3), dim=-2)
            ang = torch.norm(self.axis + 1e-8, dim=1, keepdim=True)
            rd = self.axis / ang
            rx, ry, rz = torch.split(rd, 1, dim=1)
            z = torch.zeros_like(rx)
            K = torch.cat([z, -rz, ry, rz, z, -rx, -ry, rx, z], dim=1).view((-1, 3, 3))
            Rr = (
                torch.eye(3).unsqueeze(0)
                + torch.sin(ang.unsqueeze(1)) * K
                + (1 - torch.cos(ang.unsqueeze(1))) * torch.bmm(K, K)
            )
            geo = torch.acos(((torch.einsum("bii->b", R.mT @ Rr) - 1) / 2).clamp(-1 + 1e-6, 1 - 1e-6))
            P_ = torch.einsum("bij,nj->bni", Rr, pts)
            return (
                l
                + md.mean()
                + ex.sum() * 0.1
                + ld.mean()
                + qo.pow(2).mean()
                + geo.mean()
                + torch.cdist(P_[0], P_[1]).mean()
            )

    return M(), (torch.tensor([[0, 1], [2, 3]]), torch.tensor([[2, 3], [0, 1]]), torch.randn(2, 3), torch.randn(2, 8))


ZOO = {
    "PINN, y'' = -y": pinn_of_an_oscillation,
    "PINN, Black and Scholes": blackscholes,
    "DimeNet, forces": dimenet,
    "neural CDE": cde,
    "geometry": geometry,
}
