"""Networks that compute with waves: Fourier transforms, seasons, filters."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from tests.support.coverage.case import Made


def s4d() -> Made:
    """state-spaces/s4: a convolution whose kernel is a sum of complex exponentials, by Fourier transforms."""

    class M(nn.Module):
        def __init__(self, H=2, N=4):
            super().__init__()
            log_dt = torch.rand(H) * (math.log(0.1) - math.log(0.001)) + math.log(0.001)
            C = torch.randn(H, N // 2, dtype=torch.cfloat)
            self.C = nn.Parameter(torch.view_as_real(C))
            self.log_dt = nn.Parameter(log_dt)
            self.log_A_real = nn.Parameter(torch.log(0.5 * torch.ones(H, N // 2)))
            self.A_imag = nn.Parameter(math.pi * torch.arange(N // 2).repeat(H, 1).float())

        def forward(self, u, y):
            L = u.size(-1)
            dt = torch.exp(self.log_dt)
            C = torch.view_as_complex(self.C)
            A = -torch.exp(self.log_A_real) + 1j * self.A_imag
            dtA = A * dt.unsqueeze(-1)
            K = dtA.unsqueeze(-1) * torch.arange(L)
            C = C * (torch.exp(dtA) - 1.0) / A
            K = 2 * torch.einsum("hn, hnl -> hl", C, torch.exp(K)).real
            k_f = torch.fft.rfft(K, n=2 * L)
            u_f = torch.fft.rfft(u, n=2 * L)
            return F.mse_loss(torch.fft.irfft(u_f * k_f, n=2 * L)[..., :L], y)

    return M(), (torch.randn(1, 2, 4), torch.randn(1, 2, 4))


def fnet() -> Made:
    """Google's: tokens mixed by the real part of a Fourier transform."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(3, 3)

        def forward(self, x, y):
            return F.mse_loss(self.l(torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real), y)

    return M(), (torch.randn(1, 4, 3), torch.randn(1, 4, 3))


def autocorrelation() -> Made:
    """thuml/Autoformer: correlation by frequencies."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x, y):
            qf, kf = torch.fft.rfft(self.q(x), dim=1), torch.fft.rfft(self.k(x), dim=1)
            corr = torch.fft.irfft(qf * torch.conj(kf), dim=1, n=x.size(1))
            amp = torch.abs(torch.fft.rfft(x, dim=1))
            return F.mse_loss(corr, y) + amp.mean()

    return M(), (torch.randn(1, 4, 2), torch.randn(1, 4, 2))


def fourier_operator() -> Made:
    """neuraloperator's layer, whose complex weights are pairs of numbers."""

    class SpectralConv1d(nn.Module):
        def __init__(self, i, o, m):
            super().__init__()
            self.m, self.o = m, o
            self.weights1 = nn.Parameter(1 / (i * o) * torch.rand(i, o, m, 2))

        def forward(self, x):
            x_ft = torch.fft.rfft(x)
            w = torch.view_as_complex(self.weights1)
            out = torch.einsum("bix,iox->box", x_ft[:, :, : self.m], w)
            out = F.pad(out, (0, x.size(-1) // 2 + 1 - self.m))
            return torch.fft.irfft(out, n=x.size(-1))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.w, self.p, self.q = (
                SpectralConv1d(2, 2, 2),
                nn.Conv1d(2, 2, 1),
                nn.Linear(2, 2),
                nn.Linear(2, 1),
            )

        def forward(self, x, y):
            h = self.p(x).permute(0, 2, 1)
            h = F.gelu(self.c(h) + self.w(h))
            out = self.q(h.permute(0, 2, 1))
            return (torch.norm(out.reshape(1, -1) - y.reshape(1, -1), 2, 1) / torch.norm(y.reshape(1, -1), 2, 1)).mean()

    return M(), (torch.randn(1, 6, 2), torch.randn(1, 6, 1))


def nbeats() -> Made:
    """Blocks with a seasonal basis, behind dilated convolutions with weight_norm."""

    class Chomp(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.c = c

        def forward(self, x):
            return x[:, :, : -self.c].contiguous()

    class TB(nn.Module):
        def __init__(self, i, o, k, d):
            super().__init__()
            p = (k - 1) * d
            self.conv1 = weight_norm(nn.Conv1d(i, o, k, padding=p, dilation=d))
            self.net = nn.Sequential(self.conv1, Chomp(p), nn.ReLU(), nn.Dropout(0.0))
            self.downsample = nn.Conv1d(i, o, 1) if i != o else None

        def forward(self, x):
            r = x if self.downsample is None else self.downsample(x)
            return F.relu(self.net(x) + r)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.tcn = nn.Sequential(TB(1, 2, 2, 1), TB(2, 2, 2, 2))
            self.fc, self.tb, self.tf = nn.Linear(8, 4), nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
            T = np.arange(6) / 6
            S = np.stack([np.cos(2 * np.pi * k * T) for k in range(4)])
            self.register_buffer("S", torch.tensor(S, dtype=torch.float32))
            self.aw, self.ab = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

        def forward(self, x, y):
            mu = torch.mean(x, dim=-1, keepdim=True).detach()
            sd = torch.sqrt(torch.var(x, dim=-1, keepdim=True, unbiased=False) + 1e-5).detach()
            z = (x - mu) / sd * self.aw + self.ab
            h = F.relu(self.fc(self.tcn(z.unsqueeze(1)).flatten(1)))
            back, fore = self.tb(h) @ self.S[:, :4], self.tf(h) @ self.S[:, 4:]
            f = (fore - self.ab) / (self.aw + 1e-10) * sd + mu
            smape = 200 * torch.mean(torch.abs(f - y) / (torch.abs(f) + torch.abs(y)).detach())
            q = torch.tensor([0.1, 0.9])
            e = y.unsqueeze(-1) - f.unsqueeze(-1)
            pin = torch.max((q - 1) * e, q * e).mean()
            return smape / 100 + pin + (x - back).pow(2).mean()

    return M(), (torch.randn(2, 4), torch.randn(2, 2))


ZOO = {
    "S4D": s4d,
    "FNet": fnet,
    "Autoformer, autocorrelation": autocorrelation,
    "Fourier neural operator": fourier_operator,
    "N-BEATS, TCN, RevIN": nbeats,
}
