"""Losses that add up many ways: chains, trees, grammars, alignments."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def crf() -> Made:
    """kmkurn/pytorch-crf with a mask."""

    class CRF(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.start_transitions, self.end_transitions, self.transitions = (
                nn.Parameter(torch.empty(n)),
                nn.Parameter(torch.empty(n)),
                nn.Parameter(torch.empty(n, n)),
            )
            [nn.init.uniform_(p, -0.1, 0.1) for p in self.parameters()]

        def forward(self, emissions, tags, mask):
            mask = mask.bool()
            seq, bs = tags.shape
            m = mask.float()
            score = self.start_transitions[tags[0]]
            score = score + emissions[0, torch.arange(bs), tags[0]]
            for i in range(1, seq):
                score = score + self.transitions[tags[i - 1], tags[i]] * m[i]
                score = score + emissions[i, torch.arange(bs), tags[i]] * m[i]
            ends = mask.long().sum(dim=0) - 1
            score = score + self.end_transitions[tags[ends, torch.arange(bs)]]
            a = self.start_transitions + emissions[0]
            for i in range(1, seq):
                nx = torch.logsumexp(a.unsqueeze(2) + self.transitions + emissions[i].unsqueeze(1), dim=1)
                a = torch.where(mask[i].unsqueeze(1), nx, a)
            return -(score - torch.logsumexp(a + self.end_transitions, dim=1)).mean()

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.crf = nn.Linear(2, 3), CRF(3)

        def forward(self, x, tags, mask):
            return self.crf(self.l(x), tags, mask)

    return M(), (torch.randn(3, 2, 2), torch.tensor([[0, 1], [2, 1], [1, 0]]), torch.tensor([[1, 1], [1, 1], [1, 0]]))


def speech() -> Made:
    """A speech model's loss; CTC adds up all alignments."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.c = nn.Linear(2, 3), nn.CTCLoss()

        def forward(self, x, y):
            return self.c(self.l(x).log_softmax(-1), y, torch.tensor([4, 4]), torch.tensor([2, 2]))

    return M(), (torch.randn(4, 2, 2), torch.tensor([[1, 2], [2, 1]]))


def by_hand() -> Made:
    """The same written out, and Sleepwalking/pytorch-softdtw's table."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(2, 3)

        def forward(self, x, y):
            lp = self.l(x).log_softmax(-1)
            ext = torch.stack([torch.zeros_like(y), y], 1).flatten()
            ext = torch.cat([ext, torch.zeros(1, dtype=torch.long)])
            S = ext.numel()
            neg = torch.tensor(-1e30)
            a = torch.full((S,), -1e30)
            a[0], a[1] = lp[0, 0], lp[0, ext[1]]
            for t in range(1, x.size(0)):
                s1 = torch.cat([neg.view(1), a[:-1]])
                s2 = torch.cat([neg.expand(2), a[:-2]])
                ok = (ext != 0) & (ext != torch.roll(ext, 2))
                a = torch.logsumexp(torch.stack([a, s1, torch.where(ok, s2, neg)]), 0) + lp[t, ext]
            ctc = -torch.logaddexp(a[-1], a[-2])
            D = torch.cdist(x, self.l(x)[:, :2]).pow(2)
            n = D.size(0)
            inf = torch.tensor(1e8)
            R = [[inf] * (n + 1) for _ in range(n + 1)]
            R[0][0] = torch.tensor(0.0)
            for i in range(1, n + 1):
                for j in range(1, n + 1):
                    R[i][j] = D[i - 1, j - 1] - 0.5 * torch.logsumexp(
                        -torch.stack([R[i - 1][j - 1], R[i - 1][j], R[i][j - 1]]) / 0.5, 0
                    )
            return ctc + 0.1 * R[n][n]

    return M(), (torch.randn(4, 2), torch.tensor([1, 2]))


def turing() -> Made:
    """Addresses by content, by a shift and by sharpening."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.ctrl, self.k, self.p, self.out = nn.Linear(2, 4), nn.Linear(4, 2), nn.Linear(4, 6), nn.Linear(2, 2)
            self.register_buffer("mem0", torch.randn(3, 2))

        def forward(self, xs, ys):
            mem = self.mem0
            w = torch.tensor([1.0, 0, 0])
            loss = 0
            for x, y in zip(xs, ys, strict=False):
                h = torch.tanh(self.ctrl(x))
                k = self.k(h)
                b, g, s, gm = (
                    F.softplus(self.p(h)[0]),
                    torch.sigmoid(self.p(h)[1]),
                    F.softmax(self.p(h)[2:5], 0),
                    1 + F.softplus(self.p(h)[5]),
                )
                wc = F.softmax(b * F.cosine_similarity(mem + 1e-16, k[None] + 1e-16, dim=-1), dim=0)
                wg = g * wc + (1 - g) * w
                t = torch.cat([wg[-1:], wg, wg[:1]])
                ws = F.conv1d(t.view(1, 1, -1), s.view(1, 1, -1)).view(-1)
                w = ws**gm
                w = torch.div(w, torch.sum(w) + 1e-16)
                mem = mem * (1 - torch.ger(w, torch.sigmoid(k))) + torch.ger(w, torch.tanh(k))
                loss = loss + F.mse_loss(self.out(w @ mem), y)
            return loss

    return M(), (torch.randn(2, 2), torch.randn(2, 2))


def tree() -> Made:
    """Recursion over a tree of words."""

    Tree = (0, (1, 2))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.iou, self.f, self.o = nn.Embedding(4, 2), nn.Linear(4, 6), nn.Linear(4, 4), nn.Linear(2, 2)

        def node(self, t, w):
            if isinstance(t, int):
                h = torch.tanh(self.e(w[t]))
                return h, torch.zeros_like(h)
            (hl, cl), (hr, cr) = self.node(t[0], w), self.node(t[1], w)
            hh = torch.cat([hl, hr])
            i, o, u = torch.split(self.iou(hh), 2, dim=-1)
            fl, fr = torch.sigmoid(self.f(hh)).chunk(2)
            c = torch.sigmoid(i) * torch.tanh(u) + fl * cl + fr * cr
            return torch.sigmoid(o) * torch.tanh(c), c

        def forward(self, w, y):
            return F.cross_entropy(self.o(self.node(Tree, w)[0])[None], y)

    return M(), (torch.tensor([1, 3, 2]), torch.tensor([1]))


def transport() -> Made:
    """By logarithms, and a sliced Wasserstein distance."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Linear(2, 2)
            self.register_buffer("proj", F.normalize(torch.randn(2, 3), dim=0))

        def forward(self, x, y):
            a = self.f(x)
            C = torch.cdist(a, y, p=2) ** 2
            f, g = torch.zeros(3), torch.zeros(3)
            for _ in range(3):
                f = -0.5 * torch.logsumexp((g[None] - C) / 0.5 - math.log(3), 1)
                g = -0.5 * torch.logsumexp((f[:, None] - C) / 0.5 - math.log(3), 0)
            P = torch.exp((f[:, None] + g[None] - C) / 0.5)
            sw = (torch.sort(a @ self.proj, dim=0)[0] - torch.sort(y @ self.proj, dim=0)[0]).pow(2).mean()
            sr = torch.sigmoid((a[:, :1] - a[:, :1].T) / 0.3).sum(1)
            return (P * C).sum() + sw + 2 * torch.cdist(a, y).mean() - torch.pdist(a).mean() + (sr * y[:, 0]).mean()

    return M(), (torch.randn(3, 2), torch.randn(3, 2))


def survival() -> Made:
    """Survival by logcumsumexp-like sums, and ordered classes."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.b, self.w = nn.Linear(2, 1), nn.Parameter(torch.zeros(2)), nn.Linear(2, 1, bias=False)

        def forward(self, x, time, event, lv):
            h = self.l(x).view(-1)
            idx = time.sort(descending=True)[1]
            e, h2 = event[idx], h[idx]
            g = h2.max()
            lc = h2.sub(g).exp().cumsum(0).add(1e-7).log().add(g)
            cox = -h2.sub(lc).mul(e).sum().div(e.sum())
            lg = self.w(x) + self.b
            co = -torch.mean(torch.sum(F.logsigmoid(lg) * lv + (F.logsigmoid(lg) - lg) * (1 - lv), dim=1))
            return cox + co + torch.logcumsumexp(h2, 0).mean() * 0.1

    return M(), (
        torch.randn(3, 2),
        torch.tensor([2.0, 1.0, 3.0]),
        torch.tensor([1.0, 0.0, 1.0]),
        torch.tensor([[1.0, 0], [1, 1], [0, 0]]),
    )


def parsing() -> Made:
    """A semi-Markov CRF, the inside algorithm of a PCFG, and the score of a tagging."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb, self.lstm, self.start, self.seg, self.rule, self.pre = (
                nn.Embedding(4, 2),
                nn.LSTM(2, 2, bidirectional=True, batch_first=True),
                nn.Parameter(torch.randn(2)),
                nn.Linear(8, 2),
                nn.Parameter(torch.randn(2, 2, 2)),
                nn.Linear(4, 2),
            )

        def forward(self, ids, tags):
            h, _ = self.lstm(self.emb(ids))
            h = h[0]
            n = h.size(0)
            al = [torch.zeros(2)]
            for j in range(1, n + 1):
                terms = [
                    torch.logsumexp(al[i][:, None] + self.rule[0], 0) + self.seg(torch.cat([h[i], h[j - 1]]))
                    for i in range(max(0, j - 2), j)
                ]
                al.append(torch.stack(terms).logsumexp(0))
            Z = (al[-1] + self.start).logsumexp(0)
            R = self.rule.view(2, -1).log_softmax(1).view(2, 2, 2)
            em = self.pre(h).log_softmax(-1)
            beta = h.new_full((n, n, 2), -1e9)
            for i in range(n):
                beta[i, i] = em[i]
            for w in range(1, n):
                for i in range(n - w):
                    j = i + w
                    k = torch.arange(i, j)
                    s = beta[i, k].unsqueeze(2) + beta[k + 1, j].unsqueeze(1)
                    beta[i, j] = torch.logsumexp(R.unsqueeze(0) + s.unsqueeze(1), dim=(0, 2, 3))
            pc = torch.logsumexp(beta[0, n - 1] + self.start.log_softmax(0), 0)
            sc = em[torch.arange(n), tags[0]].sum() + self.rule[0][tags[0, :-1], tags[0, 1:]].sum()
            gold = F.pad(tags, (1, 0)).unfold(1, 2, 1)
            sc = sc + self.rule[1][gold[0, :, 0], gold[0, :, 1]].sum()
            return Z - pc - sc

    return M(), (torch.tensor([[0, 2, 3]]), torch.tensor([[1, 0, 1]]))


ZOO = {
    "pytorch-crf": crf,
    "CTC loss": speech,
    "CTC and soft-DTW by hand": by_hand,
    "neural Turing machine": turing,
    "Tree-LSTM": tree,
    "Sinkhorn's transport": transport,
    "Cox and CORAL": survival,
    "semi-Markov CRF and PCFG": parsing,
}
