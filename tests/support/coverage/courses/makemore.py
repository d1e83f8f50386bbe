"""Karpathy's makemore, lectures and repository, small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def bigram() -> Made:
    """makemore, lecture 1: counts as logits, and a little weight decay."""

    class Bigram(nn.Module):
        def __init__(self):
            super().__init__()
            self.W = nn.Parameter(torch.randn((5, 5)))

        def forward(self, xs, ys):
            xenc = F.one_hot(xs, num_classes=5).float()
            logits = xenc @ self.W
            counts = logits.exp()
            probs = counts / counts.sum(1, keepdims=True)
            return -probs[torch.arange(len(xs)), ys].log().mean() + 0.01 * (self.W**2).mean()

    return Bigram(), (torch.randint(5, (4,)), torch.randint(5, (4,)))


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


def bag_of_words() -> Made:
    """makemore.py: CausalBoW."""

    class CausalBoW(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.lin = nn.Embedding(5, 3), nn.Linear(3, 5)
            self.register_buffer("bias", torch.tril(torch.ones(4, 4)).view(1, 4, 4))

        def forward(self, idx, targets):
            x = self.wte(idx)
            B, T, C = x.size()
            att = torch.zeros((B, T, T), device=x.device)
            att = att.masked_fill(self.bias[:, :T, :T] == 0, float("-inf"))
            logits = self.lin(x + F.softmax(att, dim=-1) @ x)
            return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    return CausalBoW(), (torch.randint(5, (2, 3)), torch.tensor([[1, 2, -1], [3, -1, -1]]))


def recurrent_cell() -> Made:
    """makemore.py: RNN with a GRU cell of its own."""

    class GRUCell(nn.Module):
        def __init__(self):
            super().__init__()
            self.xh_to_z, self.xh_to_r, self.xh_to_hbar = nn.Linear(5, 3), nn.Linear(5, 3), nn.Linear(5, 3)

        def forward(self, xt, hprev):
            xh = torch.cat([xt, hprev], dim=1)
            r = F.sigmoid(self.xh_to_r(xh))
            hbar = F.tanh(self.xh_to_hbar(torch.cat([xt, r * hprev], dim=1)))
            z = F.sigmoid(self.xh_to_z(xh))
            return (1 - z) * hprev + z * hbar

    class RNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.wte = nn.Parameter(torch.zeros(1, 3)), nn.Embedding(5, 2)
            self.cell, self.lm_head = GRUCell(), nn.Linear(3, 5)

        def forward(self, idx, targets):
            b, t = idx.size()
            emb, hprev, hiddens = self.wte(idx), self.start.expand((b, -1)), []
            for i in range(t):
                hprev = self.cell(emb[:, i, :], hprev)
                hiddens.append(hprev)
            logits = self.lm_head(torch.stack(hiddens, 1))
            return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    return RNN(), (torch.randint(5, (2, 3)), torch.tensor([[1, 2, 0], [3, -1, -1]]))


ZOO = {
    "makemore, bigram": bigram,
    "makemore, backward by hand": by_hand,
    "makemore, WaveNet": wavenet,
    "makemore.py, bag of words": bag_of_words,
    "makemore.py, GRU": recurrent_cell,
}
