"""State spaces and fast weights: linear recurrences in several forms."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def lru() -> Made:
    """Linear recurrent unit: complex eigenvalues, parallel scan by doubling."""

    class M(nn.Module):
        def __init__(self, N=2, H=2, r_min=0.4, r_max=0.9):
            super().__init__()
            u1, u2 = torch.rand(N), torch.rand(N)
            self.nu_log = nn.Parameter(torch.log(-0.5 * torch.log(u1 * (r_max + r_min) * (r_max - r_min) + r_min**2)))
            self.theta_log = nn.Parameter(torch.log(2 * math.pi * u2))
            self.B_re, self.B_im = nn.Parameter(torch.randn(N, H) / 2), nn.Parameter(torch.randn(N, H) / 2)
            self.C_re, self.C_im = nn.Parameter(torch.randn(H, N)), nn.Parameter(torch.randn(H, N))
            self.D = nn.Parameter(torch.randn(H))
            diag = torch.exp(-torch.exp(self.nu_log) + 1j * torch.exp(self.theta_log))
            self.gamma_log = nn.Parameter(torch.log(torch.sqrt(1 - torch.abs(diag) ** 2)).detach())

        def forward(self, x, y):
            Lam = torch.exp(torch.complex(-torch.exp(self.nu_log), torch.exp(self.theta_log)))
            Bn = torch.complex(self.B_re, self.B_im) * torch.exp(self.gamma_log).unsqueeze(-1)
            C = torch.complex(self.C_re, self.C_im)
            h = x.to(Bn.dtype) @ Bn.T
            a = Lam.expand(h.shape)
            k = 1
            while k < x.shape[1]:
                h = torch.cat([h[:, :k], h[:, k:] + a[:, k:] * h[:, :-k]], 1)
                a = torch.cat([a[:, :k], a[:, k:] * a[:, :-k]], 1)
                k *= 2
            out = (h @ C.mT).real + self.D * x
            return F.mse_loss(F.gelu(out), y)

    return M(), (torch.randn(1, 4, 2), torch.randn(1, 4, 2))


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


def hyena() -> Made:
    """HazyResearch/safari: long convolutions by Fourier transforms, with implicit filters."""

    def fftconv(u, k, D):
        n = u.shape[-1]
        fs = 2 * n
        kf = torch.fft.rfft(k, n=fs) / fs
        uf = torch.fft.rfft(u.to(dtype=k.dtype), n=fs)
        y = torch.fft.irfft(uf * kf, n=fs, norm="forward")[..., :n]
        return (y + u * D.unsqueeze(-1)).to(dtype=u.dtype)

    class Sin(nn.Module):
        def __init__(self, d, w=10):
            super().__init__()
            self.freq = nn.Parameter(w * torch.ones(1, d))

        def forward(self, x):
            return torch.sin(self.freq * x)

    class M(nn.Module):
        def __init__(self, d=2, L=4):
            super().__init__()
            self.d = d
            self.in_proj, self.out_proj, self.short = (
                nn.Linear(d, 3 * d),
                nn.Linear(d, d),
                nn.Conv1d(3 * d, 3 * d, 3, padding=2, groups=3 * d),
            )
            t = torch.linspace(0, 1, L)[None, :, None]
            tr = torch.linspace(0, L - 1, L)[None, :, None]
            w = 2 * math.pi * tr / L
            f = torch.linspace(1e-4, 0, 1)[None, None]
            z = torch.exp(-1j * f * w)
            z = torch.cat([t, z.real, z.imag], dim=-1)
            self.register_buffer("z", z)
            self.register_buffer("t", t)
            act = Sin(3)
            self.filt = nn.Sequential(nn.Linear(3, 3), act, nn.Linear(3, 3), act, nn.Linear(3, d, bias=False))
            self.register_buffer("deltas", torch.linspace(math.log(1e-2) / 1.5, math.log(1e-2) / 0.3, d)[None, None])
            self.bias = nn.Parameter(torch.randn(d))

        def forward(self, u, y):
            l = u.size(-2)
            u = self.short(self.in_proj(u).transpose(1, 2))[..., :l]
            x0, x1, v = u.split(self.d, dim=1)
            k = self.filt(self.z) * torch.exp(-self.t * self.deltas.abs())
            k = k[0].T
            k = k / torch.norm(k, dim=-1, p=1, keepdim=True)
            v = fftconv(v * x1, k, self.bias)
            return F.mse_loss(self.out_proj((v * x0).transpose(1, 2)), y)

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
    "LRU": lru,
    "Mamba-2": mamba2,
    "Hyena": hyena,
    "DeltaNet": deltanet,
}
