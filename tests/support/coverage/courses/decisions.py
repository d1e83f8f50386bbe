"""Decisions: actors, offline values, detection as a set, facts."""

from __future__ import annotations

import math
from collections import namedtuple

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def vtrace() -> Made:
    """facebookresearch/torchbeast: an LSTM that ends with an episode, targets from behind."""
    VTraceReturns = namedtuple("VTraceReturns", "vs pg_advantages")

    @torch.no_grad()
    def from_importance_weights(log_rhos, discounts, rewards, values, bootstrap_value, clip=1.0):
        rhos = torch.exp(log_rhos)
        clipped = torch.clamp(rhos, max=clip)
        cs = torch.clamp(rhos, max=1.0)
        v1 = torch.cat([values[1:], torch.unsqueeze(bootstrap_value, 0)], dim=0)
        deltas = clipped * (rewards + discounts * v1 - values)
        acc = torch.zeros_like(bootstrap_value)
        result = []
        for t in range(discounts.shape[0] - 1, -1, -1):
            acc = deltas[t] + discounts[t] * cs[t] * acc
            result.append(acc)
        result.reverse()
        vs = torch.add(torch.stack(result), values)
        vs1 = torch.cat([vs[1:], torch.unsqueeze(bootstrap_value, 0)], dim=0)
        return VTraceReturns(vs=vs, pg_advantages=clipped * (rewards + discounts * vs1 - values))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.core, self.pi, self.v = nn.LSTM(3, 4), nn.Linear(4, 2), nn.Linear(4, 1)

        def forward(self, obs, a, mu, r, done):
            notdone = (~done).float()
            core_state = (torch.zeros(1, obs.shape[1], 4), torch.zeros(1, obs.shape[1], 4))
            outs = []
            for inp, nd in zip(obs.unbind(), notdone.unbind(), strict=True):
                nd = nd.view(1, -1, 1)
                core_state = tuple(nd * s for s in core_state)
                o, core_state = self.core(inp.unsqueeze(0), core_state)
                outs.append(o)
            h = torch.flatten(torch.cat(outs), 0, 1)
            logits, v = self.pi(h).view(obs.shape[0], obs.shape[1], 2), self.v(h).view(obs.shape[:2])
            logp = -F.nll_loss(
                F.log_softmax(torch.flatten(logits, 0, 1), dim=-1), torch.flatten(a, 0, 1), reduction="none"
            ).view_as(a)
            vt = from_importance_weights(logp - mu, notdone * 0.9, r, v, v[-1])
            pg = torch.sum(-logp * vt.pg_advantages.detach())
            bl = 0.5 * torch.sum((vt.vs - v) ** 2)
            p = F.softmax(logits, -1)
            ent = torch.sum(p * F.log_softmax(logits, -1))
            return pg + 0.5 * bl + 0.01 * ent

    return M(), (
        torch.randn(3, 2, 3),
        torch.tensor([[0, 1], [1, 1], [0, 0]]),
        torch.randn(3, 2) * 0.1 - 0.7,
        torch.randn(3, 2),
        torch.tensor([[False, False], [False, True], [False, False]]),
    )


def offline_rl() -> Made:
    """Expectiles, and weights that are detached."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.v, self.pi = nn.Linear(3, 1), nn.Linear(2, 1), nn.Linear(2, 1)
            self.log_alpha = nn.Parameter(torch.zeros(1))
            self.log_std = nn.Parameter(torch.zeros(1))

        def forward(self, s, a, r, s2, d, cand):
            q, v = self.q(torch.cat([s, a], 1)), self.v(s)
            adv = q.detach() - v
            iql = (torch.abs(0.7 - (adv < 0).float()) * adv**2).mean()
            tgt = r + 0.99 * (1.0 - d) * self.v(s2).detach()
            ql = F.mse_loss(q, tgt)
            sr = s.unsqueeze(1).repeat(1, cand.shape[1], 1)
            qc = self.q(torch.cat([sr, cand], -1)).squeeze(-1)
            cql = torch.logsumexp(torch.cat([qc, q], 1), dim=1).mean() - q.mean()
            mu = torch.tanh(self.pi(s))
            std = self.log_std.clamp(-5, 2).exp()
            logp = torch.distributions.Normal(mu, std).log_prob(a).sum(-1)
            w = torch.exp(3 * adv.detach()).clamp(max=100.0)
            awr = -(w.squeeze(-1) * logp).mean()
            qpi = self.q(torch.cat([s, mu], 1))
            lmbda = 2.5 / qpi.abs().mean().detach()
            bc = -lmbda * qpi.mean() + F.mse_loss(mu, a)
            alpha = -(self.log_alpha * (logp.detach() + 1.0)).mean()
            return iql + ql + 0.1 * cql + awr + bc + alpha

    return M(), (
        torch.randn(3, 2),
        torch.tanh(torch.randn(3, 1)),
        torch.randn(3, 1),
        torch.randn(3, 2),
        torch.tensor([[0.0], [1], [0]]),
        torch.rand(3, 2, 1),
    )


def detr() -> Made:
    """facebookresearch/detr: losses of a matching, of all layers, in dicts."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.query_embed = nn.Embedding(3, 4)
            self.tr = nn.Transformer(4, 2, 1, 2, 6, dropout=0.0, batch_first=True)
            self.cls, self.box = nn.Linear(4, 3), nn.Linear(4, 4)
            ew = torch.ones(3)
            ew[-1] = 0.1
            self.register_buffer("empty_weight", ew)

        def forward(self, x, labels, boxes, indices=((0, 2), (1, 0))):
            hs = self.tr(x, self.query_embed.weight.unsqueeze(0).repeat(len(x), 1, 1))
            out = {"pred_logits": self.cls(hs), "pred_boxes": self.box(hs).sigmoid()}
            out["aux_outputs"] = [
                {"pred_logits": a, "pred_boxes": b}
                for a, b in zip(out["pred_logits"][None], out["pred_boxes"][None], strict=True)
            ]
            losses = {}
            for k, o in {"": out, **{f"_{i}": a for i, a in enumerate(out["aux_outputs"])}}.items():
                src, tgt = indices
                tc = torch.full(o["pred_logits"].shape[:2], 2, dtype=torch.int64)
                tc[0, list(src)] = labels[0, list(tgt)]
                losses["ce" + k] = F.cross_entropy(o["pred_logits"].transpose(1, 2), tc, self.empty_weight)
                sb, tb = o["pred_boxes"][0, list(src)], boxes[0, list(tgt)]
                losses["l1" + k] = F.l1_loss(sb, tb, reduction="none").sum() / 2
                xy = lambda b: torch.stack(
                    [
                        b[..., 0] - 0.5 * b[..., 2],
                        b[..., 1] - 0.5 * b[..., 3],
                        b[..., 0] + 0.5 * b[..., 2],
                        b[..., 1] + 0.5 * b[..., 3],
                    ],
                    dim=-1,
                )
                p, q = xy(sb), xy(tb)
                area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
                lt, rb = torch.max(p[:, None, :2], q[:, :2]), torch.min(p[:, None, 2:], q[:, 2:])
                wh = (rb - lt).clamp(min=0)
                inter = wh[:, :, 0] * wh[:, :, 1]
                union = area(p)[:, None] + area(q) - inter
                lt, rb = torch.min(p[:, None, :2], q[:, :2]), torch.max(p[:, None, 2:], q[:, 2:])
                A = (rb - lt).clamp(min=0).prod(-1)
                losses["giou" + k] = (1 - torch.diag(inter / union - (A - union) / A)).sum() / 2
            wd = {"ce": 1, "l1": 5, "giou": 2}
            return sum(losses[k] * wd[k.split("_")[0]] for k in losses)

    return M(), (
        torch.randn(1, 2, 4),
        torch.tensor([[0, 1]]),
        torch.tensor([[[0.5, 0.5, 0.4, 0.3], [0.2, 0.3, 0.2, 0.2]]]),
    )


def kge() -> Made:
    """DeepGraphLearning/KnowledgeGraphEmbedding: negatives weigh themselves."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.r = nn.Embedding(5, 4), nn.Embedding(3, 4)
            nn.init.uniform_(self.e.weight, -1, 1)

        def rotate(self, h, r, t):
            re_h, im_h = torch.chunk(h, 2, dim=-1)
            re_t, im_t = torch.chunk(t, 2, dim=-1)
            ph = r[..., :2] / (0.5 / math.pi)
            re, im = torch.cos(ph), torch.sin(ph)
            s = torch.stack([re_h * re - im_h * im - re_t, re_h * im + im_h * re - im_t], dim=0).norm(dim=0)
            return 3.0 - s.sum(dim=-1)

        def forward(self, pos, neg, mode="tail-batch"):
            h, r, t = self.e(pos[:, 0]).unsqueeze(1), self.r(pos[:, 1]).unsqueeze(1), self.e(pos[:, 2]).unsqueeze(1)
            tn = torch.index_select(self.e.weight, dim=0, index=neg.view(-1)).view(neg.size(0), neg.size(1), -1)
            ps, ns = self.rotate(h, r, t), self.rotate(h, r, tn)
            ns = (F.softmax(ns * 1.0, dim=1).detach() * F.logsigmoid(-ns)).sum(dim=1)
            loss = (-F.logsigmoid(ps).squeeze(1).mean() - ns.mean()) / 2
            transe = F.margin_ranking_loss(
                -(h + r - t).norm(p=1, dim=-1).expand(-1, 2),
                -(h + r - tn).norm(p=1, dim=-1),
                torch.ones(1, 1),
                margin=0.5,
            )
            hr, hi = h.chunk(2, -1)
            rr, ri = r.chunk(2, -1)
            tr, ti = t.chunk(2, -1)
            cx = (hr * rr * tr + hi * rr * ti + hr * ri * ti - hi * ri * tr).sum(-1)
            reg = self.e.weight.norm(p=3) ** 3 * 1e-2
            return loss + transe + F.softplus(-cx).mean() + reg

    return M(), (torch.tensor([[0, 1, 2], [3, 0, 4]]), torch.tensor([[1, 3], [2, 0]]))


def rgcn() -> Made:
    """Bases of relations, lists of neighbours, jumping knowledge."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.V, self.c, self.root = (
                nn.Parameter(torch.randn(2, 3, 3)),
                nn.Parameter(torch.randn(2, 2)),
                nn.Linear(3, 3),
            )
            self.sage, self.jk, self.o = (
                nn.Linear(6, 3),
                nn.LSTM(3, 2, bidirectional=True, batch_first=True),
                nn.Linear(3, 2),
            )
            self.att = nn.Linear(4, 1)

        def forward(self, x, edge_index, edge_type, y, adj_lists=((1, 2), (0,), (0, 1, 3), (2,))):
            W = torch.einsum("rb,bio->rio", self.c, self.V)
            src, dst = edge_index
            msg = torch.bmm(x[src].unsqueeze(1), W[edge_type]).squeeze(1)
            deg = torch.zeros(len(x)).index_add(0, dst, torch.ones(dst.numel())).clamp_(min=1)
            agg = torch.zeros_like(x).index_add(0, dst, msg) / deg[:, None]
            h1 = F.relu(agg + self.root(x))
            ns = torch.stack([h1[list(n)].mean(0) for n in adj_lists])
            h2 = F.normalize(F.relu(self.sage(torch.cat([h1, ns], dim=-1))), p=2, dim=-1)
            xs = torch.stack([x, h1, h2], dim=1)
            alpha, _ = self.jk(xs)
            alpha = torch.softmax(self.att(alpha).squeeze(-1), dim=-1)
            h = (xs * alpha.unsqueeze(-1)).sum(dim=1)
            h = h - h.mean(0) * 0.5
            h = h / (h.pow(2).mean(0) + 1e-5).sqrt()
            train_mask = torch.tensor([True, True, False, True])
            return F.nll_loss(F.log_softmax(self.o(h), 1)[train_mask], y[train_mask])

    return M(), (
        torch.randn(4, 3),
        torch.tensor([[0, 1, 2, 3, 2], [1, 2, 0, 2, 3]]),
        torch.tensor([0, 1, 1, 0, 0]),
        torch.tensor([0, 1, 1, 0]),
    )


ZOO = {
    "IMPALA, V-trace": vtrace,
    "IQL, CQL, AWAC and TD3+BC": offline_rl,
    "DETR": detr,
    "TransE, ComplEx and RotatE": kge,
    "R-GCN and GraphSAGE": rgcn,
}
