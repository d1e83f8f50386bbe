"""Mixtures of experts: each token goes to a few."""

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


def mixtral_dense() -> Made:
    """Sigmoid gates with a bias that corrects the choice, and losses that balance."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(4, 3, bias=False)
            self.w1, self.w2 = nn.Parameter(torch.randn(3, 4, 5)), nn.Parameter(torch.randn(3, 5, 4))
            self.register_buffer("e_score_correction_bias", torch.tensor([0.1, 0, -0.1]))

        def forward(self, x, t):
            h = x.view(-1, 4)
            scores = self.gate(h).sigmoid()
            _, idx = torch.topk(scores + self.e_score_correction_bias, k=2, dim=-1, sorted=False)
            w = scores.gather(1, idx)
            w = w / (w.sum(dim=-1, keepdim=True) + 1e-20) * 2.5
            full = torch.zeros_like(scores).scatter_(1, idx, w)
            out = torch.einsum("nd,edh->neh", h, self.w1)
            out = torch.einsum("neh,ehd->ned", F.silu(out), self.w2)
            out = (full.unsqueeze(-1) * out).sum(1).view_as(x)
            mask = F.one_hot(idx, 3)
            tokens_per_expert = torch.mean(mask.float(), dim=0)
            prob = torch.mean(F.softmax(self.gate(h), -1), dim=0)
            aux = torch.sum(tokens_per_expert * prob.unsqueeze(0)) * 3
            z = torch.logsumexp(self.gate(h), -1).square().mean()
            return F.mse_loss(out, t) + 0.01 * aux + 0.001 * z

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


def softmoe() -> Made:
    """lucidrains/soft-moe-pytorch: slots are weighted means of tokens."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.phi = nn.Parameter(torch.randn(3, 2, 2))
            self.scale = nn.Parameter(torch.ones(1))
            self.w1, self.w2 = nn.Parameter(torch.randn(2, 3, 4)), nn.Parameter(torch.randn(2, 4, 3))
            self.o = nn.Linear(3, 2)

        def forward(self, x, y, mask):
            x = F.normalize(x, dim=-1) * x.shape[-1] ** 0.5
            logits = torch.einsum("b n d, d e s -> b n e s", x, self.scale * F.normalize(self.phi, dim=0))
            logits = logits.masked_fill(~mask[:, :, None, None], -torch.finfo(logits.dtype).max)
            dispatch = logits.softmax(dim=1)
            combine = logits.flatten(2).softmax(dim=-1)
            slots = torch.einsum("b n d, b n e s -> b e s d", x, dispatch)
            h = F.gelu(torch.einsum("b e s d, e d h -> b e s h", slots, self.w1))
            out = torch.einsum("b e s h, e h d -> b e s d", h, self.w2).flatten(1, 2)
            out = torch.einsum("b n s, b s d -> b n d", combine, out)
            m = mask[..., None].type_as(out)
            return F.cross_entropy(self.o((out * m).sum(1) / m.sum(1).clamp(min=1)), y)

    return M(), (torch.randn(2, 3, 3), torch.tensor([0, 1]), torch.tensor([[True, True, False], [True, True, True]]))


ZOO = {
    "Mixtral, sparse experts": mixtral,
    "DeepSeek-V3, bias of experts": mixtral_dense,
    "makeMoE": make_moe,
    "soft mixture of experts": softmoe,
}
