"""Mixtures of experts, where each token goes to a few; and trajectories, by attention."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def mixtral() -> Made:
    """transformers' Mixtral: each expert takes its tokens at places that torch.where finds."""

    class MLP(nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.w2, self.w3 = (
                nn.Linear(4, 5, bias=False),
                nn.Linear(5, 4, bias=False),
                nn.Linear(4, 5, bias=False),
            )

        def forward(self, x):
            return self.w2(F.silu(self.w1(x)) * self.w3(x))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(4, 3, bias=False)
            self.experts = nn.ModuleList([MLP() for _ in range(3)])

        def forward(self, hidden_states, target):
            b, n, d = hidden_states.shape
            h = hidden_states.view(-1, d)
            router_logits = self.gate(h)
            routing_weights = F.softmax(router_logits, dim=1, dtype=torch.float)
            routing_weights, selected = torch.topk(routing_weights, 2, dim=-1)
            routing_weights /= routing_weights.sum(dim=-1, keepdim=True)
            routing_weights = routing_weights.to(h.dtype)
            final = torch.zeros((b * n, d), dtype=h.dtype, device=h.device)
            expert_mask = F.one_hot(selected, num_classes=3).permute(2, 1, 0)
            for e in range(3):
                idx, top_x = torch.where(expert_mask[e])
                cur = h[None, top_x].reshape(-1, d)
                cur = self.experts[e](cur) * routing_weights[top_x, idx, None]
                final.index_add_(0, top_x, cur.to(h.dtype))
            return F.mse_loss(final.reshape(b, n, d), target)

    return M(), (torch.randn(1, 3, 4), torch.randn(1, 3, 4))


def make_moe() -> Made:
    """AviSoori1x/makeMoE: masks of tokens, and a column of the gate; not its `if mask.any()`."""

    class MLP(nn.Module):
        def __init__(self, n_embd):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(n_embd, 5), nn.ReLU(), nn.Linear(5, n_embd))

        def forward(self, x):
            return self.net(x)

    class M(nn.Module):
        def __init__(self, n_embd=4, num_experts=3, top_k=2):
            super().__init__()
            self.top_k = top_k
            self.topkroute_linear = nn.Linear(n_embd, num_experts)
            self.experts = nn.ModuleList([MLP(n_embd) for _ in range(num_experts)])

        def forward(self, x, target):
            logits = self.topkroute_linear(x)
            top_k_logits, indices = logits.topk(self.top_k, dim=-1)
            zeros = torch.full_like(logits, float("-inf"))
            gating_output = F.softmax(zeros.scatter(-1, indices, top_k_logits), dim=-1)
            final_output = torch.zeros_like(x)
            flat_x = x.view(-1, x.size(-1))
            flat_gating_output = gating_output.view(-1, gating_output.size(-1))
            for i, expert in enumerate(self.experts):
                expert_mask = (indices == i).any(dim=-1)
                flat_mask = expert_mask.view(-1)
                expert_input = flat_x[flat_mask]
                expert_output = expert(expert_input)
                gating_scores = flat_gating_output[flat_mask, i].unsqueeze(1)
                weighted_output = expert_output * gating_scores
                final_output[expert_mask] += weighted_output.squeeze(1)
            return F.mse_loss(final_output, target)

    return M(), (torch.randn(1, 4, 4), torch.randn(1, 4, 4))


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
    "Mixtral, sparse experts": mixtral,
    "makeMoE": make_moe,
    "decision transformer": decision_transformer,
}
