"""Attention as transformers of all kinds have it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def swin() -> Made:
    """microsoft/Swin-Transformer: windows, rolled, with a table of relative places."""

    def window_partition(x, ws):
        B, H, W, C = x.shape
        return x.view(B, H // ws, ws, W // ws, ws, C).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, ws, ws, C)

    def window_reverse(w, ws, H, W):
        B = int(w.shape[0] / (H * W / ws / ws))
        return w.view(B, H // ws, W // ws, ws, ws, -1).permute(0, 1, 3, 2, 4, 5).contiguous().view(B, H, W, -1)

    class M(nn.Module):
        def __init__(self, dim=4, ws=2, heads=2, shift=1, res=4):
            super().__init__()
            self.ws, self.heads, self.shift, self.res = ws, heads, shift, res
            self.table = nn.Parameter(torch.zeros((2 * ws - 1) ** 2, heads))
            nn.init.trunc_normal_(self.table, std=0.02)
            coords = torch.stack(torch.meshgrid([torch.arange(ws), torch.arange(ws)], indexing="ij")).flatten(1)
            rel = (coords[:, :, None] - coords[:, None, :]).permute(1, 2, 0).contiguous()
            rel[:, :, 0] += ws - 1
            rel[:, :, 1] += ws - 1
            rel[:, :, 0] *= 2 * ws - 1
            self.register_buffer("relative_position_index", rel.sum(-1))
            self.qkv, self.proj = nn.Linear(dim, dim * 3), nn.Linear(dim, dim)
            img_mask = torch.zeros((1, res, res, 1))
            cnt = 0
            sl = (slice(0, -ws), slice(-ws, -shift), slice(-shift, None))
            for h in sl:
                for w in sl:
                    img_mask[:, h, w, :] = cnt
                    cnt += 1
            mw = window_partition(img_mask, ws).view(-1, ws * ws)
            am = mw.unsqueeze(1) - mw.unsqueeze(2)
            self.register_buffer("attn_mask", am.masked_fill(am != 0, (-100.0)).masked_fill(am == 0, 0.0))

        def forward(self, x, y):
            H = W = self.res
            B, L, C = x.shape
            assert L == H * W, "input feature has wrong size"
            sx = torch.roll(x.view(B, H, W, C), shifts=(-self.shift, -self.shift), dims=(1, 2))
            xw = window_partition(sx, self.ws).view(-1, self.ws**2, C)
            B_, N, C = xw.shape
            q, k, v = self.qkv(xw).reshape(B_, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
            attn = (q * (C // self.heads) ** -0.5) @ k.transpose(-2, -1)
            bias = self.table[self.relative_position_index.view(-1)].view(N, N, -1).permute(2, 0, 1).contiguous()
            attn = attn + bias.unsqueeze(0)
            nW = self.attn_mask.shape[0]
            attn = (attn.view(B_ // nW, nW, self.heads, N, N) + self.attn_mask.unsqueeze(1).unsqueeze(0)).view(
                -1, self.heads, N, N
            )
            o = self.proj((attn.softmax(-1) @ v).transpose(1, 2).reshape(B_, N, C)).view(-1, self.ws, self.ws, C)
            o = torch.roll(window_reverse(o, self.ws, H, W), shifts=(self.shift, self.shift), dims=(1, 2)).view(
                B, H * W, C
            )
            return F.mse_loss(x + o, y)

    return M(), (torch.randn(1, 16, 4), torch.randn(1, 16, 4))


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
    "Swin, shifted windows": swin,
    "Transformer-XL": transformer_xl,
    "linear attention": linear_attention,
}
