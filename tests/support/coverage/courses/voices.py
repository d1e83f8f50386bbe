"""Voices: filters that learn, oscillators, attention that knows where it was."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def sincnet() -> Made:
    """mravanelli/SincNet: band-pass filters of two numbers each."""

    class M(nn.Module):
        def __init__(self, k=5):
            super().__init__()
            self.low, self.band = (
                nn.Parameter(torch.tensor([[0.05], [0.15]])),
                nn.Parameter(torch.tensor([[0.1], [0.2]])),
            )
            n = (k - 1) / 2.0
            self.register_buffer(
                "window_", 0.54 - 0.46 * torch.cos(2 * math.pi * torch.linspace(0, (k / 2) - 1, steps=int(k / 2)) / k)
            )
            self.register_buffer("n_", 2 * math.pi * torch.arange(-n, 0).view(1, -1))
            self.o = nn.Linear(2, 2)

        def forward(self, x, y):
            low = 0.01 + torch.abs(self.low)
            high = torch.clamp(low + 0.01 + torch.abs(self.band), 0.01, 0.5)
            band = (high - low)[:, 0]
            fl, fh = torch.matmul(low, self.n_), torch.matmul(high, self.n_)
            left = ((torch.sin(fh) - torch.sin(fl)) / (self.n_ / 2)) * self.window_
            center = 2 * band.view(-1, 1)
            bp = torch.cat([left, center, torch.flip(left, dims=[1])], dim=1) / (2 * band[:, None])
            h = F.conv1d(x, bp.view(2, 1, 5), padding=2).abs()
            h = F.max_pool1d(h, 2).log1p()
            return F.cross_entropy(self.o(h.mean(-1)), y)

    return M(), (torch.randn(2, 1, 8), torch.tensor([0, 1]))


def ddsp() -> Made:
    """Harmonics by a cumulated phase; lengths repeated as in FastPitch."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.f = nn.Linear(2, 3), nn.Linear(2, 1)

        def forward(self, z, y, dur=(1, 2, 1)):
            z = torch.repeat_interleave(z, torch.tensor(dur), dim=1)
            amp = self.a(z)
            amp = 2 * torch.sigmoid(amp) ** math.log(10) + 1e-7
            f0 = torch.sigmoid(self.f(z)) * 0.3
            up = lambda s: F.interpolate(s.transpose(1, 2), scale_factor=3, mode="linear").transpose(1, 2)
            f0, amp = up(f0), up(amp)
            pitches = f0 * torch.arange(1, 4).to(f0)
            amp = amp * ((pitches < 0.5).float() + 1e-4)
            amp = amp / amp.sum(-1, keepdim=True)
            omega = torch.cumsum(2 * math.pi * f0, 1)
            s = (torch.sin(omega * torch.arange(1, 4).to(omega)) * amp).sum(-1)
            mu = torch.sign(s) * torch.log1p(255 * s.abs()) / math.log1p(255)
            return F.mse_loss(mu, y)

    return M(), (torch.randn(1, 3, 2), torch.randn(1, 12))


def wav2vec() -> Made:
    """transformers: masked steps get a vector that learns; negatives are drawn elsewhere."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.fe, self.m, self.o = nn.Conv1d(1, 3, 3, stride=2), nn.Parameter(torch.rand(3)), nn.Linear(3, 3)

        def forward(self, x, mask, neg):
            z = self.fe(x[:, None]).transpose(1, 2)
            h = z.clone()
            h[mask] = self.m
            tgt = torch.cat([z.unsqueeze(0), z.view(-1, 3)[neg.view(-1)].view(1, 3, 1, 3).permute(2, 0, 1, 3)], 0)
            sim = torch.cosine_similarity(self.o(h), tgt, dim=-1) / 0.1
            isp = (z == tgt[1:]).all(-1)
            sim[1:].masked_fill_(isp, float("-inf"))
            return F.cross_entropy(
                sim.transpose(0, 2).reshape(-1, 2),
                ((1 - mask.long()) * -100).transpose(0, 1).flatten(),
                reduction="sum",
            )

    return M(), (torch.randn(1, 7), torch.tensor([[True, False, True]]), torch.tensor([[[1], [2], [1]]]))


ZOO = {
    "SincNet": sincnet,
    "DDSP": ddsp,
    "wav2vec 2.0": wav2vec,
}
