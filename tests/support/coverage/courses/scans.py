"""Recurrences and scans: sequences without attention, state spaces, fast weights."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def mlstm() -> Made:
    """The same with a matrix as its memory."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(3, 9)
            self.gates = nn.Linear(3, 2)

        def forward(self, x, y):
            C = torch.zeros(3, 3)
            n = torch.zeros(3)
            outs = []
            for t in range(len(x)):
                q, k, v = self.qkv(x[t]).view(3, 3)
                k = k / math.sqrt(3)
                i, f = self.gates(x[t])
                i, f = i.exp(), f.sigmoid()
                C = f * C + i * torch.outer(v, k)
                n = f * n + i * k
                outs.append(C @ q / torch.max(torch.abs(n.T @ q), torch.tensor(1.0)))
            return F.l1_loss(torch.stack(outs), y)

    return M(), (torch.randn(3, 3), torch.randn(3, 3))


def mingru() -> Made:
    """lucidrains/minGRU-pytorch: the recurrence as a sum of logarithms."""

    def log_g(x):
        return torch.where(x >= 0, (F.relu(x) + 0.5).log(), -F.softplus(-x))

    def heinsen(log_coeffs, log_values):
        a_star = log_coeffs.cumsum(dim=1)
        log_h0 = (
            log_values - F.pad(a_star, (0, 0, 1, 0))[:, : log_values.shape[1]]
            if False
            else log_values - F.pad(a_star, (0, 0, 1, 0))
        ).logcumsumexp(dim=1)
        return (F.pad(a_star, (0, 0, 1, 0)) + log_h0).exp()

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.to_hidden = nn.Linear(3, 6, bias=False)

        def forward(self, x, h0, y):
            hidden, gate = self.to_hidden(x).chunk(2, dim=-1)
            log_coeffs = -F.softplus(gate)
            log_z = -F.softplus(-gate)
            log_values = torch.cat((log_g(h0), log_z + log_g(hidden)), dim=1)
            return F.mse_loss(heinsen(log_coeffs, log_values)[:, -3:], y)

    return M(), (torch.randn(1, 3, 3), torch.randn(1, 1, 3), torch.randn(1, 3, 3))


def gru_d() -> Made:
    """Missing values decay to a mean; beside it a reservoir that is not trained."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.gx, self.gh, self.cell, self.o = (
                nn.Parameter(torch.rand(2)),
                nn.Linear(2, 3),
                nn.GRUCell(4, 3),
                nn.Linear(3, 1),
            )
            self.register_buffer("mean", torch.tensor([0.1, -0.2]))
            self.register_buffer("Wr", torch.randn(3, 3) * 0.3)
            self.u = nn.Parameter(torch.rand(3))

        def forward(self, x, m, d, y):
            h = torch.zeros(1, 3)
            last = self.mean.expand(1, 2)
            r = torch.zeros(1, 3)
            for t in range(x.shape[1]):
                xt, mt, dt = x[:, t], m[:, t], d[:, t]
                last = torch.where(mt > 0, xt, last)
                g = torch.exp(-torch.relu(self.gx * dt))
                xh = mt * xt + (1 - mt) * (g * last + (1 - g) * self.mean)
                h = torch.exp(-F.relu(self.gh(dt))) * h
                h = self.cell(torch.cat([xh, mt], 1), h)
                r = 0.7 * r + 0.3 * torch.tanh(r @ self.Wr + self.u * h)
            return F.binary_cross_entropy_with_logits(self.o(h + r).squeeze(), y.squeeze())

    return M(), (
        torch.randn(1, 3, 2),
        torch.tensor([[[1.0, 0], [0, 1], [1, 1]]]),
        torch.rand(1, 3, 2),
        torch.tensor([1.0]),
    )


def mamba2() -> Made:
    """state-spaces/mamba, ssd_minimal: chunks of a scan as matrices."""

    def segsum(x):
        T = x.size(-1)
        x = x.unsqueeze(-1).expand(*x.shape, T)
        x = x.masked_fill(~torch.tril(torch.ones(T, T, dtype=torch.bool), diagonal=-1), 0)
        s = torch.cumsum(x, dim=-2)
        return s.masked_fill(~torch.tril(torch.ones(T, T, dtype=torch.bool), diagonal=0), -torch.inf)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.inp, self.out = nn.Linear(2, 2 * 2 + 2 + 2 + 1, bias=False), nn.Linear(2, 2, bias=False)
            self.A_log, self.dt_bias, self.D = (
                nn.Parameter(torch.log(torch.rand(1) * 3 + 1)),
                nn.Parameter(torch.rand(1)),
                nn.Parameter(torch.ones(1)),
            )
            self.norm = nn.Parameter(torch.ones(2))

        def forward(self, u, y):
            z, xBC, dt = torch.split(self.inp(u), [2, 6, 1], dim=-1)
            dt = F.softplus(dt + self.dt_bias)
            x, B, C = torch.split(F.silu(xBC), [2, 2, 2], dim=-1)
            A = -torch.exp(self.A_log)
            ch = lambda t: t.unflatten(1, (-1, 2))
            X, Ab, B, C = ch(x.unsqueeze(2) * dt.unsqueeze(-1)), ch(A * dt), ch(B.unsqueeze(2)), ch(C.unsqueeze(2))
            Ab = Ab.permute(0, 3, 1, 2)
            Ac = torch.cumsum(Ab, dim=-1)
            L = torch.exp(segsum(Ab))
            Yd = torch.einsum("bclhn, bcshn, bhcls, bcshp -> bclhp", C, B, L, X)
            ds = torch.exp(Ac[:, :, :, -1:] - Ac)
            st = torch.einsum("bclhn, bhcl, bclhp -> bchpn", B, ds, X)
            st = torch.cat([torch.zeros_like(st[:, :1]), st], dim=1)
            dc = torch.exp(segsum(F.pad(Ac[:, :, :, -1], (1, 0))))
            st = torch.einsum("bhzc, bchpn -> bzhpn", dc, st)[:, :-1]
            Yo = torch.einsum("bclhn, bchpn, bhcl -> bclhp", C, st, torch.exp(Ac))
            Y = (Yd + Yo).flatten(1, 2).squeeze(2) + x * self.D
            Y = Y * F.silu(z)
            Y = Y * torch.rsqrt(Y.pow(2).mean(-1, keepdim=True) + 1e-5) * self.norm
            return F.mse_loss(self.out(Y), y)

    return M(), (torch.randn(1, 4, 2), torch.randn(1, 4, 2))


def deltanet() -> Made:
    """A memory that is corrected: the delta rule, with a gate."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v, self.b, self.g = (
                nn.Linear(3, 2),
                nn.Linear(3, 2),
                nn.Linear(3, 2),
                nn.Linear(3, 1),
                nn.Linear(3, 2),
            )

        def forward(self, x, y):
            q, k, v = F.normalize(F.silu(self.q(x)), dim=-1), F.normalize(F.silu(self.k(x)), p=2, dim=-1), self.v(x)
            beta, gk = self.b(x).sigmoid(), F.logsigmoid(self.g(x)) / 16
            S = x.new_zeros(x.shape[0], 2, 2)
            o = torch.empty_like(v)
            for i in range(x.shape[1]):
                S = S * gk[:, i].exp().unsqueeze(-1)
                u = v[:, i] - (S * k[:, i, :, None]).sum(-2)
                S = S.clone() + k[:, i].unsqueeze(-1) * (beta[:, i] * u).unsqueeze(-2)
                o[:, i] = torch.einsum("bd,bdm->bm", q[:, i], S)
            return F.mse_loss(o, y)

    return M(), (torch.randn(1, 3, 3), torch.randn(1, 3, 2))


ZOO = {
    "xLSTM, mLSTM": mlstm,
    "minGRU, parallel": mingru,
    "GRU-D": gru_d,
    "Mamba-2": mamba2,
    "DeltaNet": deltanet,
}
