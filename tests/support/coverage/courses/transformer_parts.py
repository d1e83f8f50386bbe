"""Parts of transformers: caches, biases of positions, features, buckets, routes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


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


def beit() -> Made:
    """microsoft/unilm, BEiT: relative positions in two dimensions, masked patches."""

    class DropPath(nn.Module):
        def __init__(self, p):
            super().__init__()
            self.drop_prob = p

        def forward(self, x):
            if self.drop_prob == 0.0 or not self.training:
                return x
            keep = 1 - self.drop_prob
            shape = (x.shape[0],) + (1,) * (x.ndim - 1)
            r = x.new_empty(shape).bernoulli_(keep)
            if keep > 0.0:
                r.div_(keep)
            return x * r

    class Attention(nn.Module):
        def __init__(self, dim=4, heads=2, window_size=(2, 2)):
            super().__init__()
            self.heads = heads
            self.scale = (dim // heads) ** -0.5
            self.qkv = nn.Linear(dim, dim * 3, bias=False)
            self.q_bias = nn.Parameter(torch.zeros(dim))
            self.register_buffer("k_bias", torch.zeros(dim), persistent=False)
            self.v_bias = nn.Parameter(torch.zeros(dim))
            self.window_size = window_size
            nrd = (2 * window_size[0] - 1) * (2 * window_size[1] - 1) + 3
            self.relative_position_bias_table = nn.Parameter(torch.randn(nrd, heads) * 0.1)
            self.register_buffer("relative_position_index", self.gen(window_size, nrd), persistent=False)

        def gen(self, ws, nrd):
            area = ws[0] * ws[1]
            coords = torch.stack(torch.meshgrid(torch.arange(ws[0]), torch.arange(ws[1]), indexing="ij"))
            cf = torch.flatten(coords, 1)
            rc = (cf[:, :, None] - cf[:, None, :]).permute(1, 2, 0).contiguous()
            rc[:, :, 0] += ws[0] - 1
            rc[:, :, 1] += ws[1] - 1
            rc[:, :, 0] *= 2 * ws[1] - 1
            idx = torch.zeros(size=(area + 1,) * 2, dtype=rc.dtype)
            idx[1:, 1:] = rc.sum(-1)
            idx[0, 0:] = nrd - 3
            idx[0:, 0] = nrd - 2
            idx[0, 0] = nrd - 1
            return idx

        def forward(self, x):
            B, N, C = x.shape
            qkv = F.linear(x, self.qkv.weight, torch.cat((self.q_bias, self.k_bias, self.v_bias)))
            q, k, v = qkv.reshape(B, N, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
            bias = (
                self.relative_position_bias_table[self.relative_position_index.view(-1)]
                .view(N, N, -1)
                .permute(2, 0, 1)
                .contiguous()
            )
            a = (q * self.scale) @ k.transpose(-2, -1) + bias.unsqueeze(0)
            return (a.softmax(dim=-1) @ v).transpose(1, 2).reshape(B, N, C)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.proj = nn.Conv2d(1, 4, 2, 2)
            self.cls_token = nn.Parameter(torch.zeros(1, 1, 4))
            nn.init.trunc_normal_(self.cls_token, std=0.02)
            self.mask_token = nn.Parameter(torch.zeros(1, 1, 4))
            self.norm1, self.attn, self.gamma_1, self.drop_path = (
                nn.LayerNorm(4),
                Attention(),
                nn.Parameter(0.1 * torch.ones(4)),
                DropPath(0.3),
            )
            self.lm_head = nn.Linear(4, 3)

        def forward(self, x, bool_masked_pos, target):
            x = self.proj(x).flatten(2).transpose(1, 2)
            w = bool_masked_pos.unsqueeze(-1).type_as(self.mask_token)
            x = x * (1 - w) + self.mask_token.expand(x.shape[0], x.shape[1], -1) * w
            x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1)
            x = x + self.drop_path(self.gamma_1 * self.attn(self.norm1(x)))
            return F.cross_entropy(self.lm_head(x[:, 1:]).transpose(1, 2), target)

    return M().eval(), (
        torch.randn(2, 1, 4, 4),
        torch.tensor([[True, False, True, False], [False, True, True, False]]),
        torch.tensor([[0, 1, 2, 0], [1, 1, 0, 2]]),
    )


def deberta() -> Made:
    """Content to position and position to content."""

    class M(nn.Module):
        def __init__(self, d=4, h=2, span=2):
            super().__init__()
            self.h, self.span = h, span
            self.query_proj, self.key_proj, self.value_proj = (nn.Linear(d, d) for _ in range(3))
            self.rel_embeddings = nn.Embedding(span * 2, d)
            self.LayerNorm = nn.LayerNorm(d, 1e-7)

        def tr(self, x):
            x = x.view(x.size()[:-1] + (self.h, -1))
            return x.permute(0, 2, 1, 3).contiguous().view(-1, x.size(1), x.size(-1))

        def forward(self, hs, mask, y):
            q, k, v = self.tr(self.query_proj(hs)), self.tr(self.key_proj(hs)), self.tr(self.value_proj(hs))
            n = hs.size(1)
            rel = torch.arange(n)[:, None] - torch.arange(n).view(1, -1).repeat(n, 1)
            rel = rel.unsqueeze(0)
            scale = torch.sqrt(torch.tensor(q.size(-1), dtype=torch.float) * 3)
            s = torch.bmm(q, k.transpose(-1, -2) / scale.to(dtype=q.dtype))
            re = self.LayerNorm(self.rel_embeddings.weight).unsqueeze(0)
            pk, pq = (
                self.tr(self.key_proj(re)).repeat(hs.size(0), 1, 1),
                self.tr(self.query_proj(re)).repeat(hs.size(0), 1, 1),
            )
            c2p = torch.bmm(q, pk.transpose(-1, -2))
            idx = (
                torch.clamp(rel + self.span, 0, self.span * 2 - 1)
                .squeeze(0)
                .expand([q.size(0), q.size(1), rel.size(-1)])
            )
            s = s + torch.gather(c2p, dim=-1, index=idx) / scale.to(q.dtype)
            p2c = torch.bmm(k, pq.transpose(-1, -2))
            idx2 = (
                torch.clamp(-rel + self.span, 0, self.span * 2 - 1)
                .squeeze(0)
                .expand([q.size(0), k.size(-2), k.size(-2)])
            )
            s = s + torch.gather(p2c, dim=-1, index=idx2).transpose(-1, -2) / scale.to(q.dtype)
            s = s.view(-1, self.h, n, n)
            em = mask.unsqueeze(1).unsqueeze(2)
            am = (em * em.squeeze(-2).unsqueeze(-1)).bool()
            rmask = ~am
            s = s.masked_fill(rmask, torch.finfo(q.dtype).min)
            p = torch.softmax(s, -1)
            p = p.masked_fill(rmask, 0)
            c = torch.bmm(p.view(-1, n, n), v).view(-1, self.h, n, v.size(-1)).permute(0, 2, 1, 3).contiguous()
            return (c.view(c.size()[:-2] + (-1,)) - y).pow(2).mean()

    return M(), (torch.randn(1, 3, 4), torch.tensor([[1, 1, 0]]), torch.randn(1, 3, 4))


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


def gshard() -> Made:
    """DeepSpeed, top2gating: a capacity for each expert."""

    class M(nn.Module):
        def __init__(self, E=2, C=2):
            super().__init__()
            self.wg = nn.Linear(3, E, bias=False)
            self.E, self.C = E, C
            self.w1, self.w2 = nn.Parameter(torch.randn(E, 3, 4) * 0.5), nn.Parameter(torch.randn(E, 4, 3) * 0.5)

        def forward(self, x, y):
            gates = F.softmax(self.wg(x), dim=1)
            i1 = torch.argmax(gates, dim=1)
            m1 = F.one_hot(i1, num_classes=self.E)
            lw = gates.masked_fill(m1.bool(), float("-inf"))
            i2 = torch.argmax(lw, dim=1)
            m2 = F.one_hot(i2, num_classes=self.E)
            l1 = torch.cumsum(m1, dim=0) - 1
            l2 = torch.cumsum(m2, dim=0) - 1
            l2 += torch.sum(m1, dim=0, keepdim=True)
            me = torch.mean(gates, dim=0)
            ce = torch.mean(m1.to(gates.dtype), dim=0)
            aux = torch.mean(me * ce) * self.E * self.E
            m1 *= torch.lt(l1, self.C)
            m2 *= torch.lt(l2, self.C)
            l1s, l2s = torch.sum(l1 * m1, dim=1), torch.sum(l2 * m2, dim=1)
            g1, g2 = torch.einsum("se,se->s", gates, m1.to(gates)), torch.einsum("se,se->s", gates, m2.to(gates))
            den = torch.clamp(g1 + g2, min=torch.finfo(gates.dtype).eps)
            g1, g2 = g1 / den, g2 / den
            ga, gb = torch.einsum("s,se->se", g1, m1.to(gates)), torch.einsum("s,se->se", g2, m2.to(gates))
            oh = lambda l: F.one_hot(l, num_classes=4).to(gates)
            cw = torch.einsum("se,sc->sec", ga, oh(l1s)) + torch.einsum("se,sc->sec", gb, oh(l2s))
            dm = cw.bool()
            d = torch.einsum("sec,sm->ecm", dm.to(x), x)
            o = torch.bmm(F.relu(torch.bmm(d, self.w1)), self.w2)
            return F.mse_loss(torch.einsum("sec,ecm->sm", cw.to(x), o), y) + 0.1 * aux

    return M(), (torch.randn(4, 3), torch.randn(4, 3))


ZOO = {
    "GPT-2, past keys": kv_cache,
    "BEiT": beit,
    "DeBERTa": deberta,
    "Performer": performer,
    "Reformer": reformer,
    "Mixture of depths": mixture_of_depths,
    "GShard": gshard,
}
