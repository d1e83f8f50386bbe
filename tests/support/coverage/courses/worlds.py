"""Physics, geometry, and values of states."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def physics() -> Made:
    """A pendulum under MPC, an n-body step by leapfrog, springs with contacts, the heat and wave equations, LBM."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.u, self.mass, self.k, self.alpha, self.rest = (
                nn.Parameter(torch.zeros(3)),
                nn.Parameter(torch.tensor([1.0, 2.0, 0.5])),
                nn.Parameter(torch.tensor(3.0)),
                nn.Parameter(torch.tensor(0.2)),
                nn.Parameter(torch.tensor(0.8)),
            )
            self.register_buffer("lap", torch.tensor([[[[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]]]))

        def forward(self, th0, pos, vel, field):
            th, om = th0[0], th0[1]
            cost = 0
            for t in range(3):
                u = 2 * torch.tanh(self.u[t])
                om = om + 0.1 * (3 * 9.8 / 2 * torch.sin(th) + 3.0 * u)
                om = torch.clamp(om, -8, 8)
                th = th + om * 0.1
                an = ((th + np.pi) % (2 * np.pi)) - np.pi
                cost = cost + an**2 + 0.1 * om**2 + 0.001 * u**2

            def acc(p):
                x = p[:, 0:1]
                yy = p[:, 1:2]
                dx, dy = x.T - x, yy.T - yy
                inv = dx**2 + dy**2 + 0.1**2
                inv = torch.where(inv > 0, inv ** (-1.5), inv)
                return torch.hstack((1.0 * (dx * inv) @ self.mass[:, None], 1.0 * (dy * inv) @ self.mass[:, None]))

            a = acc(pos)
            for _ in range(2):
                vel = vel + a * 0.05
                pos = pos + vel * 0.1
                a = acc(pos)
                vel = vel + a * 0.05
            ke = 0.5 * torch.sum(self.mass[:, None] * vel**2)
            d = pos[1:] - pos[:-1]
            L = d.norm(dim=1, keepdim=True).clamp_min(1e-9)
            f = self.k * (L - self.rest) * d / L
            force = torch.zeros_like(pos)
            force[:-1] += f
            force[1:] -= f
            pen = F.relu(-pos[:, 1])
            force[:, 1] += 50 * pen
            u0 = field
            prev = field.clone()
            for _ in range(2):
                u0 = u0 + self.alpha * F.conv2d(F.pad(u0, (1, 1, 1, 1), mode="replicate"), self.lap)
            w = (
                2 * u0
                - prev
                + 0.1
                * (
                    torch.roll(u0, 1, -1)
                    + torch.roll(u0, -1, -1)
                    + torch.roll(u0, 1, -2)
                    + torch.roll(u0, -1, -2)
                    - 4 * u0
                )
            )
            gx = torch.gradient(w, dim=3)[0]
            mean = torch.trapezoid(w[0, 0, 0], dx=0.5)
            return cost + ke + force.pow(2).sum() * 0.01 + gx.pow(2).mean() + mean**2

    return M(), (torch.tensor([1.0, 0.2]), torch.randn(3, 2), torch.randn(3, 2), torch.randn(1, 1, 3, 3))


def muzero_qmix() -> Made:
    """MuZero's support, QMIX's hypernetwork, IQN's cosines, DreamerV3's two-hot symlog."""

    def h(x, eps=0.001):
        return torch.sign(x) * (torch.sqrt(torch.abs(x) + 1) - 1) + eps * x

    def inv_h(x, eps=0.001):
        return torch.sign(x) * (((torch.sqrt(1 + 4 * eps * (torch.abs(x) + 1 + eps)) - 1) / (2 * eps)) ** 2 - 1)

    def scalar_to_support(x, n):
        x = h(x)
        x = torch.clamp(x, -n, n)
        floor = x.floor()
        prob = x - floor
        logits = torch.zeros(x.shape[0], x.shape[1], 2 * n + 1)
        logits.scatter_(2, (floor + n).long().unsqueeze(-1), (1 - prob).unsqueeze(-1))
        idx = floor + n + 1
        prob = prob.masked_fill_(2 * n < idx, 0.0)
        idx = idx.masked_fill_(2 * n < idx, 0.0)
        logits.scatter_(2, idx.long().unsqueeze(-1), prob.unsqueeze(-1))
        return logits

    def symlog(x):
        return torch.sign(x) * torch.log(torch.abs(x) + 1.0)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f, self.hw1, self.hb1, self.hw2, self.V, self.cos, self.th = (
                nn.Linear(2, 5),
                nn.Linear(2, 4),
                nn.Linear(2, 2),
                nn.Linear(2, 2),
                nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)),
                nn.Linear(4, 2),
                nn.Linear(2, 5),
            )
            self.register_buffer("pis", torch.FloatTensor([np.pi * i for i in range(4)]).view(1, 1, 4))
            self.register_buffer("buckets", torch.linspace(-2, 2, 5))

        def forward(self, s, qs, target, taus):
            l = self.f(s)
            t = scalar_to_support(target, 2)[:, 0]
            mz = -(t * F.log_softmax(l, -1)).sum(1).mean()
            val = inv_h((torch.softmax(l, 1) * torch.arange(-2, 3)).sum(1))
            back = val.mean()
            w1 = torch.abs(self.hw1(s)).view(-1, 2, 2)
            hid = F.elu(torch.bmm(qs.view(-1, 1, 2), w1) + self.hb1(s).view(-1, 1, 2))
            w2 = torch.abs(self.hw2(s)).view(-1, 2, 1)
            y = (torch.bmm(hid, w2) + self.V(s).view(-1, 1, 1)).view(-1)
            c = torch.cos(taus.unsqueeze(-1) * self.pis)
            x = s.unsqueeze(1) * F.relu(self.cos(c))
            q = self.th(x)
            td = target.unsqueeze(1) - q[..., :1]
            hub = torch.where(td.abs() <= 1.0, 0.5 * td.pow(2), 1.0 * (td.abs() - 0.5))
            iqn = (abs(taus.unsqueeze(-1) - (td.detach() < 0).float()) * hub).sum(1).mean()
            x = symlog(target.squeeze(1))
            below = (self.buckets <= x[..., None]).to(torch.int32).sum(dim=-1) - 1
            above = 5 - (self.buckets > x[..., None]).to(torch.int32).sum(dim=-1)
            below, above = torch.clip(below, 0, 4), torch.clip(above, 0, 4)
            eq = below == above
            db = torch.where(eq, 1, torch.abs(self.buckets[below] - x))
            da = torch.where(eq, 1, torch.abs(self.buckets[above] - x))
            tot = db + da
            tgt = (
                F.one_hot(below, num_classes=5) * (da / tot)[..., None]
                + F.one_hot(above, num_classes=5) * (db / tot)[..., None]
            )
            two = -(tgt * (l - torch.logsumexp(l, -1, keepdim=True))).sum(-1).mean()
            return mz + 0.1 * back + F.mse_loss(y, target.squeeze(1)) + iqn + two

    return M(), (torch.randn(2, 2), torch.randn(2, 2), torch.randn(2, 1), torch.rand(2, 3))


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
    "differentiable physics": physics,
    "MuZero, QMIX and IQN": muzero_qmix,
    "geometry": geometry,
}
