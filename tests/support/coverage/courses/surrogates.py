"""Gradients that are not those of the forward pass, and a network of splines."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def spytorch() -> Made:
    """fzenke/spytorch: the function is held as self.spike_fn."""

    class Surr(torch.autograd.Function):
        scale = 10.0

        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            out = torch.zeros_like(input)
            out[input > 0] = 1.0
            return out

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            return grad_input / (Surr.scale * torch.abs(input) + 1.0) ** 2

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.w2 = nn.Parameter(torch.randn(2, 4)), nn.Parameter(torch.randn(4, 2))
            self.spike_fn = Surr.apply

        def forward(self, inputs, y):
            h1 = torch.einsum("abc,cd->abd", (inputs, self.w1))
            syn = mem = torch.zeros(1, 4)
            rec = []
            for t in range(3):
                mthr = mem - 1.0
                out = self.spike_fn(mthr)
                rst = out.detach()
                syn, mem = 0.9 * syn + h1[:, t], (0.8 * mem + syn) * (1.0 - rst)
                rec.append(out)
            s = torch.stack(rec, dim=1)
            h2 = torch.einsum("abc,cd->abd", (s, self.w2))
            m, _ = torch.max(torch.cumsum(h2, 1), 1)
            return (
                F.nll_loss(F.log_softmax(m, 1), y)
                + 2e-6 * torch.sum(s)
                + 1e-3 * torch.mean(torch.sum(torch.sum(s, dim=0), dim=0) ** 2)
            )

    return M(), (torch.rand(1, 3, 2) * 2, torch.tensor([1]))


def xnor() -> Made:
    """jiecaoyu/XNOR-Net-PyTorch: signs, with a gradient near zero only."""

    class BinActive(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.sign()

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[input.ge(1)] = 0
            grad_input[input.le(-1)] = 0
            return grad_input

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.o = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x, y):
            return nn.MultiMarginLoss()(self.o(BinActive.apply(self.l(BinActive.apply(x * 1.5)))), y)

    return M(), (torch.randn(3, 3), torch.tensor([0, 1, 1]))


def kan() -> Made:
    """Blealtan/efficient-kan, with Chebyshev polynomials behind it."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.in_features, self.out_features, self.grid_size, self.spline_order = 2, 2, 3, 2
            h = 2 / 3
            self.register_buffer("grid", (torch.arange(-2, 3 + 2 + 1) * h + -1).expand(2, -1).contiguous())
            self.base_weight, self.spline_weight, self.spline_scaler = (
                nn.Parameter(torch.Tensor(2, 2)),
                nn.Parameter(torch.Tensor(2, 2, 5)),
                nn.Parameter(torch.Tensor(2, 2)),
            )
            for p in self.parameters():
                nn.init.kaiming_uniform_(p.view(2, -1) if p.dim() > 2 else p, a=math.sqrt(5))
            self.cheb = nn.Parameter(torch.empty(2, 1, 4))
            nn.init.normal_(self.cheb, mean=0.0, std=0.3)
            self.register_buffer("arange", torch.arange(0, 4, 1))

        def b_splines(self, x):
            assert x.dim() == 2
            assert x.size(1) == self.in_features
            grid = self.grid
            x = x.unsqueeze(-1)
            bases = ((x >= grid[:, :-1]) & (x < grid[:, 1:])).to(x.dtype)
            for k in range(1, self.spline_order + 1):
                bases = ((x - grid[:, : -(k + 1)]) / (grid[:, k:-1] - grid[:, : -(k + 1)]) * bases[:, :, :-1]) + (
                    (grid[:, k + 1 :] - x) / (grid[:, k + 1 :] - grid[:, 1:(-k)]) * bases[:, :, 1:]
                )
            return bases.contiguous()

        def forward(self, x, y):
            h = F.linear(F.silu(x), self.base_weight) + F.linear(
                self.b_splines(x).view(x.size(0), -1),
                (self.spline_weight * self.spline_scaler.unsqueeze(-1)).view(2, -1),
            )
            t = torch.tanh(h).view((-1, 2, 1)).expand(-1, -1, 4)
            t = (t.clamp(-1 + 1e-6, 1 - 1e-6).acos() * self.arange).cos()
            return F.mse_loss(torch.einsum("bid,iod->bo", t, self.cheb), y)

    return M(), (torch.rand(2, 2) * 2 - 1, torch.randn(2, 1))


ZOO = {
    "SpyTorch": spytorch,
    "XNOR-Net": xnor,
    "efficient KAN": kan,
}
