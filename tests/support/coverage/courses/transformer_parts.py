"""Parts of transformers: caches, features, buckets, routes; and the annotated transformer."""

from __future__ import annotations

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def annotated_transformer() -> Made:
    """harvardnlp: clones, sublayers as lambdas, label smoothing by scatter_."""

    def clones(module, N):
        return nn.ModuleList([copy.deepcopy(module) for _ in range(N)])

    class LayerNorm(nn.Module):
        def __init__(self, features, eps=1e-6):
            super().__init__()
            self.a_2, self.b_2, self.eps = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features)), eps

        def forward(self, x):
            mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
            return self.a_2 * (x - mean) / (std + self.eps) + self.b_2

    class SublayerConnection(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.norm, self.dropout = LayerNorm(size), nn.Dropout(0.0)

        def forward(self, x, sublayer):
            return x + self.dropout(sublayer(self.norm(x)))

    def attention(query, key, value, mask=None):
        scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        p_attn = scores.softmax(dim=-1)
        return torch.matmul(p_attn, value), p_attn

    class MultiHeadedAttention(nn.Module):
        def __init__(self, h, d_model):
            super().__init__()
            self.d_k, self.h, self.linears = d_model // h, h, clones(nn.Linear(d_model, d_model), 4)

        def forward(self, query, key, value, mask):
            nbatches = query.size(0)
            query, key, value = [
                lin(x).view(nbatches, -1, self.h, self.d_k).transpose(1, 2)
                for lin, x in zip(self.linears, (query, key, value), strict=False)
            ]
            x, self.attn = attention(query, key, value, mask.unsqueeze(1))
            x = x.transpose(1, 2).contiguous().view(nbatches, -1, self.h * self.d_k)
            return self.linears[-1](x)

    class Model(nn.Module):
        def __init__(self, vocab=5, pad=0, smoothing=0.1):
            super().__init__()
            self.lut, self.self_attn, self.sublayer = (
                nn.Embedding(vocab, 4),
                MultiHeadedAttention(2, 4),
                clones(SublayerConnection(4), 2),
            )
            self.w_1, self.w_2, self.norm, self.proj = (
                nn.Linear(4, 4),
                nn.Linear(4, 4),
                LayerNorm(4),
                nn.Linear(4, vocab),
            )
            self.pad, self.vocab, self.smoothing, self.criterion = pad, vocab, smoothing, nn.KLDivLoss(reduction="sum")

        def forward(self, tgt, tgt_y):
            mask = (tgt != self.pad).unsqueeze(-2)
            future = torch.triu(torch.ones(1, tgt.size(-1), tgt.size(-1)), diagonal=1).type(torch.uint8) == 0
            mask = mask & future.type_as(mask.data)
            x = self.lut(tgt) * math.sqrt(4)
            x = self.sublayer[0](x, lambda x: self.self_attn(x, x, x, mask))
            x = self.sublayer[1](x, lambda x: self.w_2(self.w_1(x).relu()))
            logits = F.log_softmax(self.proj(self.norm(x)), dim=-1).contiguous().view(-1, self.vocab)
            target = tgt_y.contiguous().view(-1)
            true_dist = logits.data.clone()
            true_dist.fill_(self.smoothing / (self.vocab - 2))
            true_dist.scatter_(1, target.data.unsqueeze(1), 1 - self.smoothing)
            true_dist[:, self.pad] = 0
            return self.criterion(logits, true_dist.clone().detach()) / (tgt_y != self.pad).data.sum()

    return Model(), (torch.tensor([[1, 2, 3]]), torch.tensor([[2, 3, 4]]))


def kv_cache() -> Made:
    """transformers, GPT-2: token by token, with the keys and values so far."""

    class Attn(nn.Module):
        def __init__(self, d, h):
            super().__init__()
            self.c_attn, self.c_proj, self.h = nn.Linear(d, 3 * d), nn.Linear(d, d), h
            self.register_buffer(
                "bias", torch.tril(torch.ones((8, 8), dtype=torch.bool)).view(1, 1, 8, 8), persistent=False
            )
            self.register_buffer("masked_bias", torch.tensor(-1e4), persistent=False)

        def _split(self, t):
            return t.view(t.size()[:-1] + (self.h, t.size(-1) // self.h)).permute(0, 2, 1, 3)

        def forward(self, x, layer_past=None):
            q, k, v = map(self._split, self.c_attn(x).split(x.shape[-1], dim=2))
            if layer_past is not None:
                k, v = torch.cat((layer_past[0], k), dim=-2), torch.cat((layer_past[1], v), dim=-2)
            w = torch.matmul(q, k.transpose(-1, -2))
            w = w / torch.full([], v.size(-1) ** 0.5, dtype=w.dtype, device=w.device)
            ql, kl = q.size(-2), k.size(-2)
            causal = self.bias[:, :, kl - ql : kl, :kl]
            w = torch.where(causal, w.to(w.dtype), torch.full([], torch.finfo(w.dtype).min, dtype=w.dtype))
            o = (F.softmax(w, -1).type(v.dtype) @ v).permute(0, 2, 1, 3).contiguous()
            return self.c_proj(o.view(o.size()[:-2] + (-1,))), (k, v)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe = nn.Embedding(6, 4), nn.Embedding(8, 4)
            self.ln, self.attn, self.head = nn.LayerNorm(4), Attn(4, 2), nn.Linear(4, 6, bias=False)
            self.head.weight = self.wte.weight

        def forward(self, ids, labels):
            past, logits = None, []
            for t in range(ids.shape[-1]):
                n = 0 if past is None else past[0].size(-2)
                pos = torch.arange(n, n + 1, dtype=torch.long).unsqueeze(0)
                x = self.wte(ids[:, t : t + 1]) + self.wpe(pos)
                a, past = self.attn(self.ln(x), layer_past=past)
                logits.append(self.head(x + a))
            lg = torch.cat(logits, 1)[..., :-1, :].contiguous()
            return nn.CrossEntropyLoss()(lg.view(-1, lg.size(-1)), labels[..., 1:].contiguous().view(-1))

    return M(), (torch.tensor([[0, 3, 1, 5]]), torch.tensor([[0, 3, 1, 5]]))


def performer() -> Made:
    """lucidrains/performer-pytorch: random features, causal."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.to_qkv = nn.Linear(4, 12, bias=False)
            blocks = [torch.linalg.qr(torch.randn(4, 4).cpu(), mode="reduced")[0].t()]
            multiplier = torch.randn((4, 4)).norm(dim=1)
            self.register_buffer("projection_matrix", torch.diag(multiplier) @ torch.cat(blocks))
            self.out = nn.Linear(4, 2)

        def kernel(self, data, is_query, eps=1e-4):
            b, n, d = data.shape
            dn = d**-0.25
            ratio = self.projection_matrix.shape[0] ** -0.5
            proj = self.projection_matrix.unsqueeze(0).repeat(b, 1, 1).type_as(data)
            dd = torch.einsum("...id,...jd->...ij", dn * data, proj)
            diag = torch.sum(data**2, dim=-1) / 2.0 * dn**2
            diag = diag.unsqueeze(dim=-1)
            if is_query:
                return ratio * (torch.exp(dd - diag - torch.amax(dd, dim=-1, keepdim=True).detach()) + eps)
            return ratio * (torch.exp(dd - diag - torch.amax(dd, dim=(-1, -2), keepdim=True).detach()) + eps)

        def forward(self, x, y):
            q, k, v = self.to_qkv(x).chunk(3, dim=-1)
            q, k = self.kernel(q, True), self.kernel(k, False)
            k_cumsum = k.cumsum(dim=-2)
            D_inv = 1.0 / torch.einsum("...nd,...nd->...n", q, k_cumsum.type_as(q) + 1e-6)
            context = torch.einsum("...nd,...ne->...nde", k, v).cumsum(dim=-3)
            o = torch.einsum("...nde,...nd,...n->...ne", context, q, D_inv)
            return F.cross_entropy(self.out(o).flatten(0, 1), y)

    return M(), (torch.randn(1, 4, 4), torch.tensor([0, 1, 1, 0]))


def reformer() -> Made:
    """lucidrains/reformer-pytorch: attention within buckets."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.toqk, self.tov = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
            self.register_buffer("rot", torch.randn(2, 2))

        def forward(self, x, y):
            qk, v = self.toqk(x), self.tov(x)
            r = torch.einsum("btf,fi->bti", qk.detach(), self.rot)
            r = torch.cat([r, -r], dim=-1)
            buckets = torch.argmax(r, dim=-1)
            t = x.shape[1]
            ticker = torch.arange(t).unsqueeze(0).expand_as(buckets)
            sk, st = (t * buckets + ticker).sort(dim=-1)
            _, undo = st.sort(dim=-1)
            sel = lambda val, idx: val.gather(1, idx[:, :, None].expand(-1, -1, val.shape[-1]))
            sqk, sv = sel(qk, st), sel(v, st)
            bq = sqk.reshape(1, -1, 2, 2)
            bk = F.normalize(bq, p=2, dim=-1).type_as(bq)
            bv = sv.reshape(1, -1, 2, 2)
            look = lambda z: torch.cat([z, torch.cat([z[:, -1:, ...], z[:, :-1, ...]], dim=1)], dim=2)
            bk, bv = look(bk), look(bv)
            dots = torch.einsum("bhie,bhje->bhij", bq, bk) * 2**-0.5
            bt = st.reshape(1, -1, 2)
            bkv = look(bt.unsqueeze(-1)).squeeze(-1)
            dots.masked_fill_(bt[:, :, :, None] == bkv[:, :, None, :], -5e4)
            lse = torch.logsumexp(dots, dim=-1, keepdim=True)
            so = torch.einsum("buij,buje->buie", torch.exp(dots - lse).type_as(dots), bv).reshape(1, -1, 2)
            return F.mse_loss(sel(so, undo), y)

    return M(), (torch.randn(1, 6, 2), torch.randn(1, 6, 2))


def mixture_of_depths() -> Made:
    """Only the tokens that a router chooses go through the block."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.router, self.block, self.out = (
                nn.Linear(3, 1, bias=False),
                nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 3), nn.GELU()),
                nn.Linear(3, 2),
            )

        def forward(self, x, y):
            b, s, d = x.shape
            k = int(s * 0.5)
            rl = self.router(x).squeeze(-1)
            w, sel = torch.topk(rl, k, dim=1, sorted=False)
            sel, order = torch.sort(sel, dim=1)
            w = torch.gather(F.softmax(w, dim=-1), 1, order)
            ie = sel.unsqueeze(-1).expand(-1, -1, d)
            xs = torch.gather(x, 1, ie)
            x = torch.scatter_add(x, 1, ie, self.block(xs) * w.unsqueeze(-1))
            aux = F.binary_cross_entropy_with_logits(rl, torch.zeros_like(rl).scatter_(1, sel, 1.0))
            return F.cross_entropy(self.out(x).mean(1), y) + 0.01 * aux

    return M(), (torch.randn(2, 4, 3), torch.tensor([1, 0]))


ZOO = {
    "The annotated transformer": annotated_transformer,
    "GPT-2, past keys": kv_cache,
    "Performer": performer,
    "Reformer": reformer,
    "Mixture of depths": mixture_of_depths,
}
