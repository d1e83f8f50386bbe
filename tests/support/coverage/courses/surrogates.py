"""Gradients and weights that the code itself makes or changes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def by_hand() -> Made:
    """makemore, lecture 4: the forward pass in single steps, for the backward pass by hand."""

    class ByHand(nn.Module):
        def __init__(self):
            super().__init__()
            self.C, self.W1, self.b1 = (nn.Parameter(torch.randn(*s) * 0.4) for s in ((5, 2), (6, 4), (4,)))
            self.W2, self.b2 = nn.Parameter(torch.randn(4, 5) * 0.1), nn.Parameter(torch.randn(5) * 0.1)
            self.bngain, self.bnbias = nn.Parameter(torch.randn(1, 4) * 0.1 + 1), nn.Parameter(torch.randn(1, 4) * 0.1)

        def forward(self, Xb, Yb):
            n = Xb.shape[0]
            emb = self.C[Xb]
            embcat = emb.view(emb.shape[0], -1)
            hprebn = embcat @ self.W1 + self.b1
            bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
            bndiff = hprebn - bnmeani
            bnvar = 1 / (n - 1) * (bndiff**2).sum(0, keepdim=True)
            bnvar_inv = (bnvar + 1e-5) ** -0.5
            h = torch.tanh(self.bngain * (bndiff * bnvar_inv) + self.bnbias)
            logits = h @ self.W2 + self.b2
            logit_maxes = logits.max(1, keepdim=True).values
            counts = (logits - logit_maxes).exp()
            probs = counts * counts.sum(1, keepdims=True) ** -1
            return -probs.log()[range(n), Yb].mean()

    return ByHand(), (torch.randint(5, (4, 3)), torch.randint(5, (4,)))


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


def lottery_ticket() -> Made:
    """Pruning: weight.data is multiplied by a mask before each use."""

    class MaskedLinear(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.l2 = nn.Linear(3, 4), nn.Linear(4, 2)
            self.register_buffer("mask", torch.tensor([[1.0, 0, 1]] * 4))
            self.l1.weight.data *= self.mask

        def forward(self, x, y):
            self.l1.weight.data *= self.mask
            return F.cross_entropy(self.l2(torch.relu(self.l1(x))), y)

    return MaskedLinear(), (torch.randn(3, 3), torch.randint(2, (3,)))


ZOO = {
    "makemore, backward by hand": by_hand,
    "SpyTorch": spytorch,
    "XNOR-Net": xnor,
    "lottery ticket": lottery_ticket,
}
