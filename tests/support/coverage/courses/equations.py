"""Equations: physics-informed networks, forces, prices."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def heat() -> Made:
    """maziarraissi/PINNs: a coefficient learns, too."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.linears = nn.ModuleList([nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1)])
            for l in self.linears:
                nn.init.xavier_normal_(l.weight.data, gain=1.0)
                nn.init.zeros_(l.bias.data)
            self.lambda_1 = nn.Parameter(torch.tensor([0.3]))
            self.iter = 0

        def net(self, x, t):
            a = torch.cat([x, t], dim=1)
            a = 2.0 * (a - (-1)) / (1 - (-1)) - 1.0
            for l in self.linears[:-1]:
                a = torch.tanh(l(a))
            return self.linears[-1](a)

        def forward(self, xf, tf, xd, td, ud):
            x, t = xf.clone().requires_grad_(True), tf.clone().requires_grad_(True)
            u = self.net(x, t)
            u_x, u_t = torch.autograd.grad(
                u, [x, t], grad_outputs=torch.ones_like(u), retain_graph=True, create_graph=True
            )
            u_xx = torch.autograd.grad(u_x, x, torch.ones_like(u_x), create_graph=True)[0]
            f = u_t + u * u_x - torch.exp(self.lambda_1) * u_xx
            lf, ld = torch.mean(f**2), nn.MSELoss()(self.net(xd, td), ud)
            return lf + 10 * ld

    return M(), (torch.rand(2, 1), torch.rand(2, 1), torch.rand(3, 1), torch.rand(3, 1), torch.randn(3, 1))


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


ZOO = {
    "PINN, inverse Burgers": heat,
    "PINN, Black and Scholes": blackscholes,
    "DimeNet, forces": dimenet,
}
