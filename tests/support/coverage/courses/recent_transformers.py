"""Language models of 2023 to 2026: latent attention, states that learn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


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


def nanochat() -> Made:
    """karpathy/nanochat: no norm learns, squared ReLU, soft caps, caches of angles."""

    def norm(x):
        return F.rms_norm(x, (x.size(-1),))

    def apply_rotary_emb(x, cos, sin):
        d = x.shape[3] // 2
        x1, x2 = x[..., :d], x[..., d:]
        return torch.cat([x1 * cos + x2 * sin, x1 * (-sin) + x2 * cos], 3).to(x.dtype)

    @dataclass
    class Config:
        n_embd: int = 4
        n_head: int = 2
        n_kv_head: int = 1
        vocab: int = 5
        T: int = 3

    class Attn(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.h, self.kv, self.d = c.n_head, c.n_kv_head, c.n_embd // c.n_head
            self.c_q, self.c_k, self.c_v, self.c_proj = (
                nn.Linear(4, self.h * self.d, bias=False),
                nn.Linear(4, self.kv * self.d, bias=False),
                nn.Linear(4, self.kv * self.d, bias=False),
                nn.Linear(4, 4, bias=False),
            )

        def forward(self, x, cos_sin):
            B, T, C = x.size()
            q, k, v = (
                self.c_q(x).view(B, T, self.h, self.d),
                self.c_k(x).view(B, T, self.kv, self.d),
                self.c_v(x).view(B, T, self.kv, self.d),
            )
            cos, sin = cos_sin
            q, k = norm(apply_rotary_emb(q, cos, sin)), norm(apply_rotary_emb(k, cos, sin))
            q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.h != self.kv)
            return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, -1))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            c = Config()
            self.transformer = nn.ModuleDict({"wte": nn.Embedding(c.vocab, 4), "h": nn.ModuleList([Attn(c)])})
            self.lm_head = nn.Linear(4, c.vocab, bias=False)
            self.fc, self.pr = nn.Linear(4, 8, bias=False), nn.Linear(8, 4, bias=False)
            self.resid = nn.Parameter(torch.ones(2))
            self.register_buffer("cos", None, persistent=False)
            cos, sin = self._pre(c.T, 2)
            self.cos, self.sin = cos, sin

        def _pre(self, T, d):
            ch = torch.arange(0, d, 2, dtype=torch.float32)
            fr = torch.outer(torch.arange(T, dtype=torch.float32), 1.0 / (10000 ** (ch / d)))
            return fr.cos()[None, :, None, :], fr.sin()[None, :, None, :]

        def forward(self, idx, targets=None, loss_reduction="mean"):
            B, T = idx.size()
            assert self.cos.size(1) >= T
            x = x0 = norm(self.transformer.wte(idx))
            x = self.resid[0] * x + self.resid[1] * x0
            for block in self.transformer.h:
                x = x + block(norm(x), (self.cos[:, :T], self.sin[:, :T]))
            x = x + self.pr(F.relu(self.fc(norm(x))).square())
            logits = self.lm_head(norm(x))
            logits = logits.float()
            logits = 15 * torch.tanh(logits / 15)
            return F.cross_entropy(
                logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1, reduction=loss_reduction
            )

    return M(), (torch.tensor([[0, 3, 1]]), torch.tensor([[3, 1, -1]]))


def rwkv7() -> Made:
    """A state that forgets by its keys; six mixes with the token before."""

    class M(nn.Module):
        def __init__(self, C=4, H=2):
            super().__init__()
            self.H, self.N = H, C // H
            self.shift = nn.ZeroPad2d((0, 0, 1, -1))
            self.mix = nn.Parameter(torch.rand(6, C))
            self.r, self.k, self.v, self.o = (nn.Linear(C, C, bias=False) for _ in range(4))
            self.w0, self.w1, self.w2 = (
                nn.Parameter(torch.randn(C) - 1),
                nn.Parameter(torch.randn(C, 2)),
                nn.Parameter(torch.randn(2, C)),
            )
            self.a0, self.kk, self.ka, self.rk = (
                nn.Parameter(torch.zeros(C)),
                nn.Parameter(torch.ones(C)),
                nn.Parameter(torch.ones(C)),
                nn.Parameter(torch.randn(H, C // H)),
            )
            self.ln = nn.GroupNorm(H, C, eps=64e-5)

        def forward(self, x, t):
            B, T, C = x.size()
            H, N = self.H, self.N
            xx = self.shift(x) - x
            xr, xw, xk, xv, xa, xg = (x + xx * m for m in self.mix)
            r, k, v = self.r(xr), self.k(xk), self.v(xv)
            w = -F.softplus(-(self.w0 + torch.tanh(xw @ self.w1) @ self.w2)) - 0.5
            a = torch.sigmoid(self.a0 + xa)
            kk = F.normalize((k * self.kk).view(B, T, H, -1), dim=-1, p=2.0).view(B, T, C)
            k = k * (1 + (a - 1) * self.ka)
            r_, k_, v_, w_ = (q.view(B, T, H, N) for q in (r, k, v, torch.exp(-torch.exp(w))))
            kk_, b_ = -kk.view(B, T, H, N), (kk * a).view(B, T, H, N)
            out = torch.zeros((B, T, H, N), dtype=x.dtype)
            st = torch.zeros((B, H, N, N), dtype=x.dtype)
            for i in range(T):
                st = (
                    st * w_[:, i, :, None, :]
                    + st @ kk_[:, i].unsqueeze(-1) @ b_[:, i].unsqueeze(-2)
                    + v_[:, i].unsqueeze(-1) @ k_[:, i].unsqueeze(-2)
                )
                out[:, i, :] = (st @ r_[:, i].unsqueeze(-1)).view(B, H, N)
            y = self.ln(out.view(B * T, C)).view(B, T, C)
            y = y + ((r_ * k_ * self.rk).sum(dim=-1, keepdim=True) * v_).view(B, T, C)
            return F.mse_loss(self.o(y * torch.sigmoid(xg)), t)

    return M(), (torch.randn(1, 2, 4), torch.randn(1, 2, 4))


def titans() -> Made:
    """A memory that learns inside: gradients of its loss, with momentum."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.k, self.v, self.q = (
                nn.Linear(3, 2, bias=False),
                nn.Linear(3, 2, bias=False),
                nn.Linear(3, 2, bias=False),
            )
            self.W0 = nn.Parameter(torch.randn(2, 2) * 0.3)
            self.lr = nn.Linear(3, 1)
            self.decay = nn.Parameter(torch.tensor(-2.0))

        def forward(self, x, t):
            W = self.W0
            S = torch.zeros_like(W)
            outs = []
            mem = lambda W, k: F.silu(k @ W)
            gr = torch.func.grad(lambda W, k, v: ((mem(W, k) - v) ** 2).sum())
            for i in range(x.shape[0]):
                xi = x[i]
                g = gr(W, self.k(xi), self.v(xi))
                eta = self.lr(xi).sigmoid()
                S = 0.9 * S - eta * g
                W = (1 - self.decay.sigmoid()) * W + S
                outs.append(mem(W, self.q(xi)))
            return F.mse_loss(torch.stack(outs), t)

    return M(), (torch.randn(3, 3), torch.randn(3, 2))


ZOO = {
    "DeepSeek, latent attention": mla,
    "nanochat": nanochat,
    "RWKV-7": rwkv7,
    "Titans, memory at test time": titans,
}
