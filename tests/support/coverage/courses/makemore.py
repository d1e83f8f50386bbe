"""Karpathy's makemore, lectures and repository, small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


class Linear:
    """makemore, lecture 3: layers that are no modules."""

    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = nn.Parameter(torch.randn((fan_in, fan_out)) / fan_in**0.5)
        self.bias = nn.Parameter(torch.zeros(fan_out)) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])


class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if self.training:
            dim = 0 if x.ndim == 2 else (0, 1)
            xmean, xvar = x.mean(dim, keepdim=True), x.var(dim, keepdim=True)
        else:
            xmean, xvar = self.running_mean, self.running_var
        xhat = (x - xmean) / torch.sqrt(xvar + self.eps)
        self.out = self.gamma * xhat + self.beta
        if self.training:
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * xmean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * xvar
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]


class Tanh:
    def __call__(self, x):
        self.out = torch.tanh(x)
        return self.out

    def parameters(self):
        return []


class FlattenConsecutive:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        B, T, C = x.shape
        x = x.view(B, T // self.n, C * self.n)
        if x.shape[1] == 1:
            x = x.squeeze(1)
        self.out = x
        return self.out

    def parameters(self):
        return []


def wavenet() -> Made:
    """makemore, lecture 5, with its own layers."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.C = nn.Parameter(torch.randn(5, 2))
            self.layers = [FlattenConsecutive(2), Linear(4, 3, bias=False), BatchNorm1d(3), Tanh(),
                           FlattenConsecutive(2), Linear(6, 3, bias=False), BatchNorm1d(3), Tanh(),
                           Linear(3, 5)]  # fmt: skip
            self.held = nn.ParameterList([p for layer in self.layers for p in layer.parameters()])

        def forward(self, Xb, Yb):
            x = self.C[Xb]
            for layer in self.layers:
                x = layer(x)
            return F.cross_entropy(x, Yb)

    return Model(), (torch.randint(5, (3, 4)), torch.randint(5, (3,)))


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


ZOO = {
    "makemore, backward by hand": by_hand,
    "makemore, WaveNet": wavenet,
}
