"""Recurrences and scans: sequences without attention."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def rwkv() -> Made:
    """The loop of BlinkDL/RWKV-LM, stable by the largest exponent so far."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.time_decay = nn.Parameter(torch.randn(3))
            self.time_first = nn.Parameter(torch.randn(3))
            self.time_mix_k = nn.Parameter(torch.rand(1, 1, 3))
            self.time_shift = nn.ZeroPad2d((0, 0, 1, -1))
            self.key, self.value, self.receptance = (nn.Linear(3, 3, bias=False) for _ in range(3))

        def forward(self, x, y):
            xx = self.time_shift(x)
            xk = x * self.time_mix_k + xx * (1 - self.time_mix_k)
            k, v, sr = self.key(xk), self.value(xk), torch.sigmoid(self.receptance(x))
            w, u = -torch.exp(self.time_decay), self.time_first
            aa = bb = torch.zeros(1, 3)
            pp = torch.full((1, 3), -1e38)
            out = []
            for t in range(x.shape[1]):
                kk, vv = k[:, t], v[:, t]
                ww = u + kk
                p = torch.maximum(pp, ww)
                e1 = torch.exp(pp - p)
                e2 = torch.exp(ww - p)
                out.append((e1 * aa + e2 * vv) / (e1 * bb + e2))
                ww = w + pp
                p = torch.maximum(ww, kk)
                e1 = torch.exp(ww - p)
                e2 = torch.exp(kk - p)
                aa = e1 * aa + e2 * vv
                bb = e1 * bb + e2
                pp = p
            return F.mse_loss(sr * torch.stack(out, 1), y)

    return M(), (torch.randn(1, 3, 3), torch.randn(1, 3, 3))


def mamba() -> Made:
    """johnma2006/mamba-minimal: the selective scan, step by step."""

    class M(nn.Module):
        def __init__(self, d=3, n=2, r=1):
            super().__init__()
            self.in_proj = nn.Linear(2, 2 * d, bias=False)
            self.conv1d = nn.Conv1d(d, d, 3, groups=d, padding=2)
            self.x_proj = nn.Linear(d, r + 2 * n, bias=False)
            self.dt_proj = nn.Linear(r, d)
            A = torch.arange(1, n + 1).float().repeat(d, 1)
            self.A_log = nn.Parameter(torch.log(A))
            self.D = nn.Parameter(torch.ones(d))
            self.out_proj = nn.Linear(d, 2, bias=False)
            self.d, self.n, self.r = d, n, r

        def ssm(self, x):
            A = -torch.exp(self.A_log)
            D = self.D
            delta, B, C = self.x_proj(x).split(split_size=[self.r, self.n, self.n], dim=-1)
            delta = F.softplus(self.dt_proj(delta))
            deltaA = torch.exp(torch.einsum("bld,dn->bldn", delta, A))
            deltaB_u = torch.einsum("bld,bln,bld->bldn", delta, B, x)
            h = torch.zeros((x.shape[0], self.d, self.n), device=deltaA.device)
            ys = []
            for i in range(x.shape[1]):
                h = deltaA[:, i] * h + deltaB_u[:, i]
                ys.append(torch.einsum("bdn,bn->bd", h, C[:, i, :]))
            return torch.stack(ys, dim=1) + x * D

        def forward(self, x, y):
            (b, l, d) = x.shape
            x, res = self.in_proj(x).split([self.d, self.d], -1)
            x = self.conv1d(x.transpose(1, 2))[:, :, :l].transpose(1, 2)
            return F.mse_loss(self.out_proj(self.ssm(F.silu(x)) * F.silu(res)), y)

    return M(), (torch.randn(1, 4, 2), torch.randn(1, 4, 2))


def slstm() -> Made:
    """NX-AI/xlstm: exponential gates, kept small by a running maximum."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.W = nn.Linear(2, 12)
            self.R = nn.Linear(3, 12, bias=False)

        def forward(self, x, y):
            h = c = n = torch.zeros(1, 3)
            m = torch.zeros(1, 3)
            for x_t in x.unbind(1):
                z, i, f, o = torch.chunk(self.W(x_t) + self.R(h), 4, dim=-1)
                log_f = F.logsigmoid(f)
                m_new = torch.max(log_f + m, i)
                i_p, f_p = torch.exp(i - m_new), torch.exp(log_f + m - m_new)
                c = f_p * c + i_p * torch.tanh(z)
                n = f_p * n + i_p
                h = torch.sigmoid(o) * c / torch.clamp(n, min=1e-6)
                m = m_new
            return F.mse_loss(h, y)

    return M(), (torch.randn(1, 3, 2), torch.randn(1, 3))


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


ZOO = {
    "RWKV": rwkv,
    "Mamba, minimal": mamba,
    "xLSTM, sLSTM": slstm,
    "xLSTM, mLSTM": mlstm,
    "minGRU, parallel": mingru,
    "GRU-D": gru_d,
}
