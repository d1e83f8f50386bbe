"""Large language models, and their ways to attend, very small."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


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


def grouped_query_attention() -> Made:
    """Llama 3 of the same book: split rotary embeddings, RMSNorm, fewer keys than queries."""

    def compute_rope(x, cos, sin):
        batch_size, num_heads, seq_len, head_dim = x.shape
        x1, x2 = x[..., : head_dim // 2], x[..., head_dim // 2 :]
        cos, sin = cos[:seq_len, :].unsqueeze(0).unsqueeze(0), sin[:seq_len, :].unsqueeze(0).unsqueeze(0)
        rotated = torch.cat((-x2, x1), dim=-1)
        return ((x * cos) + (rotated * sin)).to(dtype=x.dtype)

    class GQA(nn.Module):
        def __init__(self):
            super().__init__()
            self.W_query, self.W_key, self.W_value = nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(4, 2)
            self.norm = nn.RMSNorm(4, eps=1e-5)
            inv_freq = 1.0 / (10_000 ** (torch.arange(0, 2, 2)[:1].float() / 2))
            angles = torch.arange(4)[:, None] * inv_freq[None, :]
            angles = torch.cat([angles, angles], dim=1)
            self.register_buffer("cos", torch.cos(angles), persistent=False)
            self.register_buffer("sin", torch.sin(angles), persistent=False)

        def forward(self, x, y):
            b, n, _ = x.shape
            h = self.norm(x)
            queries = self.W_query(h).view(b, n, 2, 2).transpose(1, 2)
            keys, values = (
                self.W_key(h).view(b, n, 1, 2).transpose(1, 2),
                self.W_value(h).view(b, n, 1, 2).transpose(1, 2),
            )
            keys, queries = compute_rope(keys, self.cos, self.sin), compute_rope(queries, self.cos, self.sin)
            keys, values = keys.repeat_interleave(2, dim=1), values.repeat_interleave(2, dim=1)
            scores = queries @ keys.transpose(2, 3)
            mask = torch.triu(torch.ones(n, n, device=x.device, dtype=torch.bool), diagonal=1)
            weights = torch.softmax(scores.masked_fill(mask, -torch.inf) / 2**0.5, dim=-1)
            return F.mse_loss((weights @ values).transpose(1, 2).reshape(b, n, 4), y)

    return GQA(), (torch.randn(1, 3, 4), torch.randn(1, 3, 4))


def complex_rotary_embeddings() -> Made:
    """Meta's llama, model.py."""

    def precompute_freqs_cis(dim, end, theta=10000.0):
        freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
        freqs = torch.outer(torch.arange(end), freqs).float()
        return torch.polar(torch.ones_like(freqs), freqs)

    def apply_rotary_emb(xq, xk, freqs_cis):
        xq_ = torch.view_as_complex(xq.float().reshape(*xq.shape[:-1], -1, 2))
        xk_ = torch.view_as_complex(xk.float().reshape(*xk.shape[:-1], -1, 2))
        freqs_cis = freqs_cis.view(1, xq_.shape[1], 1, xq_.shape[-1])
        xq_out = torch.view_as_real(xq_ * freqs_cis).flatten(3)
        xk_out = torch.view_as_real(xk_ * freqs_cis).flatten(3)
        return xq_out.type_as(xq), xk_out.type_as(xk)

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.wq, self.wk, self.freqs_cis = (
                nn.Linear(4, 4, bias=False),
                nn.Linear(4, 4, bias=False),
                precompute_freqs_cis(2, 3),
            )

        def forward(self, x, y):
            xq, xk = self.wq(x).view(1, 3, 2, 2), self.wk(x).view(1, 3, 2, 2)
            xq, xk = apply_rotary_emb(xq, xk, freqs_cis=self.freqs_cis)
            return F.mse_loss(torch.einsum("bshd,bthd->bhst", xq, xk), y)

    return Attention(), (torch.randn(1, 3, 4), torch.randn(1, 2, 3, 3))


def mla() -> Made:
    """Keys and values from a narrow vector, and rotated parts of their own."""

    def rot(x, cos, sin):
        x1, x2 = x.chunk(2, -1)
        return x * cos + torch.cat((-x2, x1), -1) * sin

    class RMS(nn.Module):
        def __init__(self, d):
            super().__init__()
            self.weight, self.variance_epsilon = nn.Parameter(torch.ones(d)), 1e-6

        def forward(self, h):
            dt = h.dtype
            h = h.to(torch.float32)
            v = h.pow(2).mean(-1, keepdim=True)
            h = h * torch.rsqrt(v + self.variance_epsilon)
            return self.weight * h.to(dt)

    class M(nn.Module):
        def __init__(self, d=4, H=2, r=3, nope=2, rope=2, v=2):
            super().__init__()
            self.H, self.nope, self.rope, self.v = H, nope, rope, v
            self.q, self.kva, self.n, self.kvb, self.o = (
                nn.Linear(d, H * (nope + rope), bias=False),
                nn.Linear(d, r + rope, bias=False),
                RMS(r),
                nn.Linear(r, H * (nope + v), bias=False),
                nn.Linear(H * v, d, bias=False),
            )
            self.r = r
            inv = 1.0 / (10000 ** (torch.arange(0, rope, 2).float() / rope))
            self.register_buffer("inv_freq", inv, persistent=False)

        def forward(self, x, t):
            B, T, _ = x.shape
            q = self.q(x).view(B, T, self.H, -1).transpose(1, 2)
            qn, qr = torch.split(q, [self.nope, self.rope], dim=-1)
            c, kr = torch.split(self.kva(x), [self.r, self.rope], dim=-1)
            kv = self.kvb(self.n(c)).view(B, T, self.H, -1).transpose(1, 2)
            kn, v = torch.split(kv, [self.nope, self.v], dim=-1)
            f = torch.outer(torch.arange(T, dtype=self.inv_freq.dtype), self.inv_freq)
            e = torch.cat((f, f), -1)
            cos, sin = e.cos().to(x.dtype), e.sin().to(x.dtype)
            qr, kr = rot(qr, cos, sin), rot(kr[:, None], cos, sin)
            qs = q.new_empty(B, self.H, T, self.nope + self.rope)
            qs[:, :, :, : self.nope] = qn
            qs[:, :, :, self.nope :] = qr
            ks = torch.cat([kn, kr.expand(-1, self.H, -1, -1)], -1)
            a = torch.matmul(qs, ks.transpose(2, 3)) * (self.nope + self.rope) ** -0.5
            m = torch.full((T, T), torch.finfo(x.dtype).min).triu(1)
            a = F.softmax(a + m, dim=-1, dtype=torch.float32).to(q.dtype)
            return F.mse_loss(self.o((a @ v).transpose(1, 2).reshape(B, T, -1)), t)

    return M(), (torch.randn(1, 3, 4), torch.randn(1, 3, 4))


def transformer_xl() -> Made:
    """kimiyoung/transformer-xl: scores of distances, shifted by a view."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.r = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
            self.u, self.v = nn.Parameter(torch.randn(4)), nn.Parameter(torch.randn(4))

        def _rel_shift(self, x):
            zero_pad = torch.zeros((x.size(0), 1), device=x.device, dtype=x.dtype)
            x_padded = torch.cat([zero_pad, x], dim=1)
            x_padded = x_padded.view(x.size(1) + 1, x.size(0))
            return x_padded[1:].view_as(x)

        def forward(self, x, y):
            t = x.size(0)
            pos_seq = torch.arange(t - 1, -1, -1.0)
            inv = 1 / (10000 ** (torch.arange(0.0, 4, 2.0) / 4))
            sin = torch.ger(pos_seq, inv)
            pe = torch.cat([sin.sin(), sin.cos()], dim=-1)
            AC = torch.einsum("id,jd->ij", (self.q(x) + self.u, self.k(x)))
            BD = self._rel_shift(torch.einsum("id,jd->ij", (self.q(x) + self.v, self.r(pe))))
            s = (AC + BD).mul_(0.5)
            s = s.float().masked_fill(torch.triu(torch.ones(t, t), 1).bool(), -float("inf")).type_as(s)
            return F.mse_loss(F.softmax(s, 1) @ x, y)

    return M(), (torch.randn(4, 4), torch.randn(4, 4))


def linear_attention() -> Made:
    """idiap/fast-transformers: sums of keys times values."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(4, 12)

        def forward(self, x, y):
            q, k, v = self.qkv(x).chunk(3, -1)
            q, k = F.elu(q) + 1, F.elu(k) + 1
            kv = torch.einsum("tk,tv->tkv", k, v).cumsum(0)
            z = 1 / (torch.einsum("tk,tk->t", q, k.cumsum(0)) + 1e-6)
            return F.smooth_l1_loss(torch.einsum("tk,tkv,t->tv", q, kv, z), y)

    return M(), (torch.randn(4, 4), torch.randn(4, 4))


ZOO = {
    "minGPT": mini_gpt,
    "llama2.c": llama,
    "LLMs from scratch, Llama's attention": grouped_query_attention,
    "Llama, complex rotary embeddings": complex_rotary_embeddings,
    "DeepSeek, latent attention": mla,
    "Transformer-XL": transformer_xl,
    "linear attention": linear_attention,
}
