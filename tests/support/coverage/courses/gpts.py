"""GPTs of Karpathy's lectures and repositories, from "Let's build GPT" to llama2.c, small."""

from __future__ import annotations

import inspect
import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def lecture_gpt() -> Made:
    """The lecture "let's build GPT": heads one by one, a mask of tril."""

    class Head(nn.Module):
        def __init__(self, head_size):
            super().__init__()
            self.key, self.query, self.value = (nn.Linear(4, head_size, bias=False) for _ in range(3))
            self.register_buffer("tril", torch.tril(torch.ones(4, 4)))
            self.dropout = nn.Dropout(0.0)

        def forward(self, x):
            B, T, C = x.shape
            k, q = self.key(x), self.query(x)
            wei = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
            wei = wei.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
            return self.dropout(F.softmax(wei, dim=-1)) @ self.value(x)

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.position = nn.Embedding(5, 4), nn.Embedding(4, 4)
            self.heads, self.proj = nn.ModuleList([Head(2) for _ in range(2)]), nn.Linear(4, 4)
            self.ffwd = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4), nn.Dropout(0.0))
            self.ln1, self.ln2, self.ln_f, self.lm_head = (
                nn.LayerNorm(4),
                nn.LayerNorm(4),
                nn.LayerNorm(4),
                nn.Linear(4, 5),
            )

        def forward(self, idx, targets):
            B, T = idx.shape
            x = self.token(idx) + self.position(torch.arange(T, device=idx.device))
            n = self.ln1(x)
            x = x + self.proj(torch.cat([h(n) for h in self.heads], dim=-1))
            logits = self.lm_head(self.ln_f(x + self.ffwd(self.ln2(x))))
            B, T, C = logits.shape
            return F.cross_entropy(logits.view(B * T, C), targets.view(B * T))

    return GPT(), (torch.randint(5, (1, 3)), torch.randint(5, (1, 3)))


def mini_gpt() -> Made:
    """minGPT: NewGELU, a ModuleDict, and the MLP as a lambda."""

    class NewGELU(nn.Module):
        def forward(self, x):
            return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.c_attn, self.c_proj = nn.Linear(4, 12), nn.Linear(4, 4)
            self.register_buffer("bias", torch.tril(torch.ones(4, 4)).view(1, 1, 4, 4))
            self.n_head, self.n_embd = 2, 4

        def forward(self, x):
            B, T, C = x.size()
            q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
            k, q, v = (a.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for a in (k, q, v))
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = F.softmax(att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf")), dim=-1)
            return self.c_proj((att @ v).transpose(1, 2).contiguous().view(B, T, C))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1, self.ln_2, self.attn = nn.LayerNorm(4), nn.LayerNorm(4), Attention()
            self.mlp = nn.ModuleDict(dict(
                c_fc=nn.Linear(4, 8), c_proj=nn.Linear(8, 4), act=NewGELU(), dropout=nn.Dropout(0.0)))  # fmt: skip
            m = self.mlp
            self.mlpf = lambda x: m.dropout(m.c_proj(m.act(m.c_fc(x))))

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlpf(self.ln_2(x))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.transformer = nn.ModuleDict(dict(
                wte=nn.Embedding(5, 4), wpe=nn.Embedding(4, 4), h=nn.ModuleList([Block()]),
                ln_f=nn.LayerNorm(4)))  # fmt: skip
            self.lm_head = nn.Linear(4, 5, bias=False)

        def forward(self, idx, targets):
            b, t = idx.size()
            pos = torch.arange(0, t, dtype=torch.long, device=idx.device).unsqueeze(0)
            x = self.transformer.wte(idx) + self.transformer.wpe(pos)
            for block in self.transformer.h:
                x = block(x)
            logits = self.lm_head(self.transformer.ln_f(x))
            return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    return GPT(), (torch.randint(5, (1, 3)), torch.tensor([[2, 1, -1]]))


def nano_gpt() -> Made:
    """nanoGPT: LayerNorm with an optional bias, flash attention, tied weights."""

    class LayerNorm(nn.Module):
        def __init__(self, ndim):
            super().__init__()
            self.weight, self.bias = nn.Parameter(torch.ones(ndim)), None

        def forward(self, input):
            return F.layer_norm(input, self.weight.shape, self.weight, self.bias, 1e-5)

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe, self.ln_1, self.ln_f = (
                nn.Embedding(5, 4),
                nn.Embedding(4, 4),
                LayerNorm(4),
                LayerNorm(4),
            )
            self.c_attn, self.c_proj = nn.Linear(4, 12, bias=False), nn.Linear(4, 4, bias=False)
            self.lm_head = nn.Linear(4, 5, bias=False)
            self.wte.weight = self.lm_head.weight
            self.fused = "fused" in inspect.signature(torch.optim.AdamW).parameters

        def forward(self, idx, targets=None):
            device = idx.device
            b, t = idx.size()
            x = self.wte(idx) + self.wpe(torch.arange(0, t, dtype=torch.long, device=device))
            q, k, v = self.c_attn(self.ln_1(x)).split(4, dim=2)
            k, q, v = (a.view(b, t, 2, 2).transpose(1, 2) for a in (k, q, v))
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=True)
            x = self.ln_f(x + self.c_proj(y.transpose(1, 2).contiguous().view(b, t, 4)))
            logits = self.lm_head(x)
            return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    return GPT(), (torch.randint(5, (1, 3)), torch.randint(5, (1, 3)))


def llama() -> Made:
    """llama2.c: RMSNorm, rotary embeddings with pairs, SwiGLU."""

    def precompute(dim, end, theta=10000.0):
        freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
        freqs = torch.outer(torch.arange(end, device=freqs.device), freqs).float()
        return torch.cos(freqs), torch.sin(freqs)

    def apply_rotary_emb(xq, xk, freqs_cos, freqs_sin):
        xq_r, xq_i = xq.float().reshape(xq.shape[:-1] + (-1, 2)).unbind(-1)
        xk_r, xk_i = xk.float().reshape(xk.shape[:-1] + (-1, 2)).unbind(-1)
        shape = [d if i == 1 or i == xq_r.ndim - 1 else 1 for i, d in enumerate(xq_r.shape)]
        cos, sin = freqs_cos.view(shape), freqs_sin.view(shape)
        xq_out = torch.stack([xq_r * cos - xq_i * sin, xq_r * sin + xq_i * cos], dim=-1).flatten(3)
        xk_out = torch.stack([xk_r * cos - xk_i * sin, xk_r * sin + xk_i * cos], dim=-1).flatten(3)
        return xq_out.type_as(xq), xk_out.type_as(xk)

    class RMSNorm(nn.Module):
        def __init__(self, dim, eps=1e-5):
            super().__init__()
            self.eps, self.weight = eps, nn.Parameter(torch.ones(dim))

        def forward(self, x):
            return (x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.eps)).type_as(
                x
            ) * self.weight

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.wq, self.wk, self.wv, self.wo = (nn.Linear(4, 4, bias=False) for _ in range(4))
            self.w1, self.w2, self.w3 = (nn.Linear(4, 4, bias=False) for _ in range(3))
            self.attention_norm, self.ffn_norm = RMSNorm(4), RMSNorm(4)
            cos, sin = precompute(2, 3)
            self.register_buffer("freqs_cos", cos, persistent=False)
            self.register_buffer("freqs_sin", sin, persistent=False)

        def forward(self, x, y):
            h = self.attention_norm(x)
            bsz, seqlen, _ = h.shape
            xq, xk, xv = (w(h).view(bsz, seqlen, 2, 2) for w in (self.wq, self.wk, self.wv))
            xq, xk = apply_rotary_emb(xq, xk, self.freqs_cos[:seqlen], self.freqs_sin[:seqlen])
            xq, xk, xv = xq.transpose(1, 2), xk.transpose(1, 2), xv.transpose(1, 2)
            out = F.scaled_dot_product_attention(xq, xk, xv, attn_mask=None, dropout_p=0.0, is_causal=True)
            h = x + self.wo(out.transpose(1, 2).contiguous().view(bsz, seqlen, -1))
            f = self.ffn_norm(h)
            return F.mse_loss(h + self.w2(F.silu(self.w1(f)) * self.w3(f)), y)

    return Block(), (torch.randn(1, 3, 4), torch.randn(1, 3, 4))


ZOO = {
    "Let's build GPT": lecture_gpt,
    "minGPT": mini_gpt,
    "nanoGPT": nano_gpt,
    "llama2.c": llama,
}
