"""Scenes and pictures that are drawn, grown or looked up."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def style() -> Made:
    """rosinality/stylegan2-pytorch: a convolution that each style scales, blur, spread within a batch."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(1, 2, 2, 3, 3))
            self.mod = nn.Linear(3, 2)
            self.scale = 1 / math.sqrt(18)
            self.noise = nn.Parameter(torch.zeros(1))
            self.out = nn.Conv2d(3, 1, 1)
            k = torch.tensor([1.0, 3, 3, 1])
            self.register_buffer("kernel", k[None, :] * k[:, None] / 64)

        def forward(self, x, w, n):
            w = w * torch.rsqrt(torch.mean(w**2, dim=1, keepdim=True) + 1e-8)
            b, c, h, ww = x.shape
            st = self.mod(w).view(b, 1, c, 1, 1)
            W = self.scale * self.weight * st
            W = W * torch.rsqrt(W.pow(2).sum([2, 3, 4]) + 1e-8).view(b, 2, 1, 1, 1)
            o = F.conv2d(x.view(1, b * c, h, ww), W.view(b * 2, c, 3, 3), padding=1, groups=b).view(b, 2, h, ww)
            o = F.leaky_relu(o + self.noise * n, 0.2) * 2**0.5
            o = F.conv2d(F.pad(o, (2, 1, 2, 1)).view(-1, 1, h + 3, ww + 3), self.kernel[None, None]).view(b, 2, h, ww)
            s = o.view(2, -1, 1, 2, h, ww)
            s = (
                torch.sqrt(s.var(0, unbiased=False) + 1e-8)
                .mean([2, 3, 4], keepdims=True)
                .squeeze(2)
                .repeat(2, 1, h, ww)
            )
            return F.softplus(-self.out(torch.cat([o, s], 1))).mean()

    return M(), (torch.randn(2, 2, 3, 3), torch.randn(2, 3), torch.randn(2, 1, 3, 3))


def convlstm() -> Made:
    """ndrplz/ConvLSTM_pytorch, and growing neural cellular automata behind it."""

    class ConvLSTMCell(nn.Module):
        def __init__(self, i, h, k, bias):
            super().__init__()
            self.hidden_dim = h
            self.conv = nn.Conv2d(
                in_channels=i + h, out_channels=4 * h, kernel_size=k, padding=(k[0] // 2, k[1] // 2), bias=bias
            )

        def forward(self, x, cur_state):
            h, c = cur_state
            cc_i, cc_f, cc_o, cc_g = torch.split(self.conv(torch.cat([x, h], dim=1)), self.hidden_dim, dim=1)
            i, f, o, g = torch.sigmoid(cc_i), torch.sigmoid(cc_f), torch.sigmoid(cc_o), torch.tanh(cc_g)
            c = f * c + i * g
            return o * torch.tanh(c), c

        def init_hidden(self, b, s):
            return (
                torch.zeros(b, self.hidden_dim, *s, device=self.conv.weight.device),
                torch.zeros(b, self.hidden_dim, *s, device=self.conv.weight.device),
            )

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.o = ConvLSTMCell(1, 1, (3, 3), True), nn.Conv2d(1, 1, 1)
            ident, dx = (
                torch.tensor([[0, 0, 0], [0, 1.0, 0], [0, 0, 0]]),
                torch.outer(torch.tensor([1.0, 2, 1]), torch.tensor([-1.0, 0, 1])) / 8,
            )
            self.register_buffer("k", torch.stack([ident, dx, dx.T])[:, None])
            self.w1, self.w2 = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 1, 1, bias=False)

        def forward(self, x, y):
            st = self.cell.init_hidden(1, (3, 3))
            outs = []
            for t in range(2):
                st = self.cell(x[:, t], st)
                outs.append(st[0])
            s = torch.stack(outs, 1)[:, -1]
            for _ in range(2):
                alive = F.max_pool2d(s, 3, 1, 1) > 0.1
                s = s + self.w2(torch.relu(self.w1(F.conv2d(F.pad(s, [1] * 4, "circular"), self.k))))
                s = s * alive.float()
            return F.mse_loss(self.o(s), y)

    return M(), (torch.randn(1, 2, 1, 3, 3), torch.randn(1, 1, 3, 3))


ZOO = {
    "StyleGAN2": style,
    "ConvLSTM and a cellular automaton": convlstm,
}
