"""Gradients within forward by torch.func, and fixed points."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, hessian, jacrev, jvp, vmap

from tests.support.coverage.case import Made


def lagrangian() -> Made:
    """Accelerations by a Hessian and a solve, for each example."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 4), nn.Softplus(), nn.Linear(4, 1))

        def forward(self, q, qd, qdd):
            L = lambda q, qd: self.net(torch.cat([q, qd])).squeeze() + 0.5 * (qd**2).sum()

            def acc(q, qd):
                H = hessian(L, 1)(q, qd)
                g = grad(L, 0)(q, qd)
                J = jacrev(jacrev(L, 1), 0)(q, qd)
                return torch.linalg.solve(H, g - J @ qd)

            return F.mse_loss(vmap(acc)(q, qd), qdd)

    return M(), (torch.randn(2, 1), torch.randn(2, 1), torch.randn(2, 1))


def operator_network() -> Made:
    """A branch and a trunk, and a derivative along the trunk."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.b, self.t, self.b0 = (
                nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)),
                nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 3)),
                nn.Parameter(torch.zeros(1)),
            )

        def forward(self, u, x, y):
            G = lambda xx: torch.einsum("bi,ni->bn", self.b(u), self.t(xx)) + self.b0
            out, dx = jvp(G, (x,), (torch.ones_like(x),))
            return F.mse_loss(out, y) + 0.1 * dx.pow(2).mean()

    return M(), (torch.randn(2, 3), torch.rand(3, 1), torch.randn(2, 3))


def per_sample() -> Made:
    """torch.func: their norms as a penalty."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))

        def forward(self, x, y):
            p = dict(self.net.named_parameters())

            def f(p, x, y):
                return F.cross_entropy(functional_call(self.net, p, (x.unsqueeze(0),)), y.unsqueeze(0))

            g = vmap(grad(f), in_dims=(None, 0, 0))(p, x, y)
            n = torch.sqrt(sum(v.flatten(1).pow(2).sum(1) for v in g.values()))
            return F.cross_entropy(self.net(x), y) + 0.1 * n.mean()

    return M(), (torch.randn(3, 2), torch.tensor([0, 1, 1]))


def deep_equilibrium() -> Made:
    """A fixed point without gradients, then one step with them."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.U, self.mem = nn.Linear(3, 3, bias=False), nn.Linear(2, 3), nn.Parameter(torch.randn(4, 3))
            self.W.weight.data.mul_(0.3)

        def forward(self, x, y):
            with torch.no_grad():
                z = torch.zeros(x.size(0), 3)
                for _ in range(8):
                    z = torch.tanh(self.W(z) + self.U(x))
            z = torch.tanh(self.W(z) + self.U(x))
            xi = z
            for _ in range(2):
                xi = torch.softmax(2.0 * xi @ self.mem.T, -1) @ self.mem
            return F.mse_loss(xi, y)

    return M(), (torch.randn(2, 2), torch.randn(2, 3))


def meta_sgd() -> Made:
    """Rates for each weight, functional_call, gradients through gradients."""

    from torch.func import functional_call, grad

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(OrderedDict(l1=nn.Linear(1, 3), act=nn.Tanh(), l2=nn.Linear(3, 1)))
            self.lrs = nn.ParameterDict(
                {k.replace(".", "_"): nn.Parameter(torch.full_like(p, 0.1)) for k, p in self.net.named_parameters()}
            )

        def forward(self, xs, ys, xq, yq):
            p = dict(self.net.named_parameters())
            loss = lambda q: F.mse_loss(functional_call(self.net, q, xs), ys)
            g = grad(loss)(p)
            fast = {k: v - self.lrs[k.replace(".", "_")] * g[k] for k, v in p.items()}
            return F.mse_loss(functional_call(self.net, fast, (xq,)), yq)

    return M(), (torch.randn(2, 1), torch.randn(2, 1), torch.randn(2, 1), torch.randn(2, 1))


ZOO = {
    "Lagrangian network": lagrangian,
    "DeepONet": operator_network,
    "per-sample gradients": per_sample,
    "deep equilibrium and Hopfield": deep_equilibrium,
    "Meta-SGD": meta_sgd,
}
