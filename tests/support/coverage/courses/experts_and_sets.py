"""Mixtures of experts, sets and trajectories, by attention."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def switch_transformer() -> Made:
    """Each token has one expert; each expert takes only so many."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.router = nn.Linear(4, 3, bias=False)
            self.w1 = nn.Parameter(torch.randn(3, 4, 5) * 0.4)
            self.w2 = nn.Parameter(torch.randn(3, 5, 4) * 0.4)

        def forward(self, x, y):
            probs = self.router(x).softmax(-1)
            gate, idx = probs.max(-1)
            onehot = F.one_hot(idx, 3).to(probs.dtype)
            pos = torch.cumsum(onehot, 0) * onehot
            onehot = onehot * (pos <= 2).float()
            h = torch.einsum("te,td,edf->etf", onehot, x, self.w1).relu()
            out = torch.einsum("etf,efd,te->td", h, self.w2, onehot) * gate[:, None]
            density, proxy = onehot.mean(0), probs.mean(0)
            return F.mse_loss(x + out, y) + (density * proxy).mean() * 9

    return M(), (torch.randn(5, 4), torch.randn(5, 4))


def sparsely_gated() -> Made:
    """davidmrau/mixture-of-experts: gates of the best two, and a loss that balances."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.w_gate = nn.Parameter(torch.randn(4, 3) * 0.5)
            self.experts = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.GELU()) for _ in range(3)])

        def cv_squared(self, x):
            eps = 1e-10
            if x.shape[0] == 1:
                return torch.tensor([0], device=x.device, dtype=x.dtype)
            return x.float().var() / (x.float().mean() ** 2 + eps)

        def forward(self, x, y):
            logits = x @ self.w_gate
            top_logits, top_indices = logits.topk(min(2, 3), dim=1)
            top_gates = top_logits.softmax(1)
            zeros = torch.zeros_like(logits, requires_grad=True)
            gates = zeros.scatter(1, top_indices, top_gates)
            load = (gates > 0).sum(0)
            outs = torch.stack([e(x) for e in self.experts], dim=1)
            out = (gates.unsqueeze(-1) * outs).sum(1)
            loss = self.cv_squared(gates.sum(0)) + self.cv_squared(load)
            return F.mse_loss(out, y) + 1e-2 * loss

    return M(), (torch.randn(4, 4), torch.randn(4, 4))


def set_transformer() -> Made:
    """juho-lee/set_transformer."""

    class MAB(nn.Module):
        def __init__(self, dQ, dK, dV, h):
            super().__init__()
            self.dV, self.h = dV, h
            self.fc_q, self.fc_k, self.fc_v, self.fc_o = (
                nn.Linear(dQ, dV),
                nn.Linear(dK, dV),
                nn.Linear(dK, dV),
                nn.Linear(dV, dV),
            )
            self.ln0 = nn.LayerNorm(dV)

        def forward(self, Q, K):
            Q = self.fc_q(Q)
            K, V = self.fc_k(K), self.fc_v(K)
            ds = self.dV // self.h
            Q_, K_, V_ = (torch.cat(z.split(ds, 2), 0) for z in (Q, K, V))
            A = torch.softmax(Q_.bmm(K_.transpose(1, 2)) / math.sqrt(self.dV), 2)
            O = torch.cat((Q_ + A.bmm(V_)).split(Q.size(0), 0), 2)
            O = O if getattr(self, "ln0", None) is None else self.ln0(O)
            return O + F.relu(self.fc_o(O))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.I = nn.Parameter(torch.Tensor(1, 2, 4))
            nn.init.xavier_uniform_(self.I)
            self.m0, self.m1 = MAB(4, 2, 4, 2), MAB(2, 4, 4, 2)
            self.S = nn.Parameter(torch.randn(1, 1, 4))
            self.pma = MAB(4, 4, 4, 2)
            self.out = nn.Linear(4, 1)

        def forward(self, X, y):
            H = self.m0(self.I.repeat(X.size(0), 1, 1), X)
            X = self.m1(X, H)
            return F.mse_loss(self.out(self.pma(self.S.repeat(X.size(0), 1, 1), X)).squeeze(), y)

    return M(), (torch.randn(2, 3, 2), torch.randn(2))


def decision_transformer() -> Made:
    """kzl/decision-transformer: returns, states and actions by turns."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.r, self.s, self.a, self.t = nn.Linear(1, 4), nn.Linear(2, 4), nn.Linear(1, 4), nn.Embedding(5, 4)
            self.ln = nn.LayerNorm(4)
            self.attn = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True, norm_first=True)
            self.pa = nn.Sequential(nn.Linear(4, 1), nn.Tanh())

        def forward(self, states, actions, rtg, timesteps, mask):
            b, T = states.shape[:2]
            te = self.t(timesteps)
            s, a, r = self.s(states) + te, self.a(actions) + te, self.r(rtg) + te
            st = self.ln(torch.stack((r, s, a), dim=1).permute(0, 2, 1, 3).reshape(b, 3 * T, 4))
            sm = torch.stack((mask, mask, mask), dim=1).permute(0, 2, 1).reshape(b, 3 * T)
            x = self.attn(
                st,
                src_mask=nn.Transformer.generate_square_subsequent_mask(3 * T),
                src_key_padding_mask=(sm == 0),
                is_causal=True,
            )
            x = x.reshape(b, T, 3, 4).permute(0, 2, 1, 3)
            p = self.pa(x[:, 1])
            return torch.mean((p.reshape(-1, 1) - actions.reshape(-1, 1)) ** 2 * mask.reshape(-1, 1))

    return M(), (
        torch.randn(1, 2, 2),
        torch.rand(1, 2, 1),
        torch.randn(1, 2, 1),
        torch.tensor([[1, 2]]),
        torch.ones(1, 2),
    )


ZOO = {
    "Switch transformer": switch_transformer,
    "sparsely gated mixture of experts": sparsely_gated,
    "Set transformer": set_transformer,
    "decision transformer": decision_transformer,
}
