"""Sorting that has a gradient, trees, sparse choices, acyclic graphs."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def tabnet() -> Made:
    """dreamquark-ai/tabnet: sparsemax with a backward of its own, ghost batches."""

    class Sparsemax(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input, dim=-1):
            ctx.dim = dim
            mx, _ = input.max(dim=dim, keepdim=True)
            input = input - mx
            s, _ = torch.sort(input, descending=True, dim=dim)
            cs = s.cumsum(dim) - 1
            d = input.size(dim)
            r = torch.arange(1, d + 1, dtype=input.dtype)
            view = [1] * input.dim()
            view[0] = -1
            r = r.view(view).transpose(0, dim)
            support = r * s > cs
            ss = support.sum(dim=dim).unsqueeze(dim)
            tau = cs.gather(dim, ss - 1)
            tau /= ss.to(input.dtype)
            out = torch.clamp(input - tau, min=0)
            ctx.save_for_backward(ss, out)
            return out

        @staticmethod
        def backward(ctx, go):
            ss, out = ctx.saved_tensors
            gi = go.clone()
            gi[out == 0] = 0
            v = gi.sum(dim=ctx.dim) / ss.to(out.dtype).squeeze()
            v = v.unsqueeze(ctx.dim)
            return torch.where(out != 0, gi - v, gi), None

    class GBN(nn.Module):
        def __init__(self, d):
            super().__init__()
            self.bn = nn.BatchNorm1d(d, momentum=0.01)

        def forward(self, x):
            return torch.cat([self.bn(c) for c in x.chunk(int(np.ceil(x.shape[0] / 2)), 0)], dim=0)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.bn, self.ft, self.att, self.gbn, self.fc = (
                nn.BatchNorm1d(3),
                nn.Linear(3, 4, bias=False),
                nn.Linear(2, 3, bias=False),
                GBN(4),
                nn.Linear(2, 2),
            )

        def forward(self, x, y):
            x = self.bn(x)
            prior = torch.ones(x.shape).to(x.device)
            a = x[:, :2]
            ml = 0
            steps = 0
            for _ in range(2):
                m = Sparsemax.apply(self.att(a) * prior, -1)
                ml += torch.mean(torch.sum(torch.mul(m, torch.log(m + 1e-15)), dim=1))
                prior = torch.mul(1.3 - m, prior)
                h = F.glu(self.gbn(self.ft(torch.mul(m, x))))
                steps = steps + F.relu(h)
                a = h
            return F.cross_entropy(self.fc(steps), y) - 1e-3 * ml / 2

    return M(), (torch.randn(4, 3), torch.tensor([0, 1, 1, 0]))


def node_trees() -> Made:
    """Neural oblivious decision ensembles: entmoid and entmax, and a soft decision tree."""

    def entmax15(X, dim=-1):
        mx, _ = X.max(dim=dim, keepdim=True)
        X = (X - mx) / 2
        Xs, _ = torch.sort(X, dim=dim, descending=True)
        rho = torch.arange(1, X.shape[dim] + 1, dtype=X.dtype).view(-1, *[1] * (X.dim() - 1))
        mean = Xs.cumsum(dim) / rho
        msq = (Xs**2).cumsum(dim) / rho
        ss = rho * (msq - mean**2)
        delta = (1 - ss) / rho
        dn = torch.clamp(delta, 0)
        tau = mean - torch.sqrt(dn)
        sup = (tau <= Xs).sum(dim).unsqueeze(dim)
        ts = tau.gather(dim, sup - 1)
        return torch.clamp(X - ts, min=0) ** 2

    def entmoid15(x):
        p = x >= 0
        i = x.abs()
        tau = (i + torch.sqrt(F.relu(8 - i**2))) / 2
        tau.masked_fill_(tau <= i, 2.0)
        y = 0.25 * F.relu(tau - i) ** 2
        return torch.where(p, 1 - y, y)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.sel, self.th, self.lt, self.resp = (
                nn.Parameter(torch.rand(3, 2, 2)),
                nn.Parameter(torch.randn(2, 2) * 0.3),
                nn.Parameter(torch.zeros(2, 2)),
                nn.Parameter(torch.randn(2, 2, 4)),
            )
            idx = torch.arange(4)
            off = 2 ** torch.arange(2)
            codes = (idx.view(1, -1) // off.view(-1, 1) % 2).to(torch.float32)
            self.bin_codes_1hot = nn.Parameter(torch.stack([codes, 1.0 - codes], dim=-1), requires_grad=False)
            self.inner, self.leaf = nn.Linear(4, 3), nn.Parameter(torch.randn(4, 2))

        def forward(self, x, y):
            fv = torch.einsum("bi,ind->bnd", x, entmax15(self.sel, 0))
            tl = (fv - self.th) * torch.exp(-self.lt)
            tl = torch.stack([-tl, tl], dim=-1)
            b = entmoid15(tl)
            bm = torch.einsum("btds,dcs->btdc", b, self.bin_codes_1hot)
            rw = torch.prod(bm, dim=-2)
            r = torch.einsum("bnd,ncd->bnc", rw, self.resp).mean(1)
            xx = F.pad(x, (1, 0), value=1.0)
            pp = torch.sigmoid(self.inner(xx))
            pp = torch.stack((pp, 1 - pp), dim=2)
            mu = x.new_ones(x.size(0), 1, 1)
            pen = torch.tensor(0.0)
            b0, e0 = 0, 1
            for l in range(2):
                p = pp[:, b0:e0]
                alpha = torch.sum(p * mu, dim=0) / torch.sum(mu.expand_as(p), dim=0)
                pen = pen - 0.1 * 2**-l * 0.5 * torch.sum(torch.log(alpha[:, 0]) + torch.log(alpha[:, 1]))
                mu = (
                    (mu.view(x.size(0), -1, 1) * p).view(x.size(0), -1, 1)
                    if l == 0
                    else (mu * p).view(x.size(0), -1, 1)
                )
                b0, e0 = e0, e0 + 2 ** (l + 1)
            return F.cross_entropy(r + mu.view(x.size(0), 4) @ self.leaf, y) + pen

    return M(), (torch.randn(3, 3), torch.tensor([0, 1, 1]))


def sorting() -> Made:
    """NeuralSort, SoftSort, SoftRank by pairs, Sinkhorn's permutations and straight-through."""

    def neuralsort(scores, tau=1.0):
        scores = scores.unsqueeze(-1)
        n = scores.size(1)
        one = torch.ones((n, 1))
        A = torch.abs(scores - scores.permute(0, 2, 1))
        Bm = torch.matmul(A, torch.matmul(one, torch.transpose(one, 0, 1)))
        scaling = (n + 1 - 2 * (torch.arange(n) + 1)).type(scores.dtype)
        C = torch.matmul(scores, scaling.unsqueeze(0))
        P = (C - Bm).permute(0, 2, 1)
        return F.softmax(P / tau, -1)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f, self.g = nn.Linear(2, 1), nn.Linear(2, 3)

        def forward(self, x, rel):
            s = self.f(x).squeeze(-1)
            P = neuralsort(s)
            n = s.size(1)
            Ph = torch.zeros_like(P)
            b = torch.arange(P.shape[0]).view([-1, 1]).repeat([1, n]).flatten()
            r = torch.arange(n).view([1, -1]).repeat([P.shape[0], 1]).flatten()
            c = torch.argmax(P, dim=-1).flatten()
            Ph[b, r, c] = 1
            Ph = (Ph - P).detach() + P
            srt = s.sort(descending=True, dim=1)[0]
            soft = ((-(s.unsqueeze(1) - srt.unsqueeze(-1)).abs()) / 0.5).softmax(-1)
            la = self.g(x)
            for _ in range(3):
                la = la - torch.logsumexp(la, 2, keepdim=True)
                la = la - torch.logsumexp(la, 1, keepdim=True)
            ys = 2**rel - 1
            disc = 1 / torch.log2(torch.arange(n).to(s) + 2)
            dcg = ((Ph @ ys.unsqueeze(-1)).squeeze(-1) * disc).sum(-1)
            ideal = (ys.sort(descending=True)[0] * disc).sum(-1)
            ap = 1 + torch.sigmoid((s.unsqueeze(1) - s.unsqueeze(2)) / 0.1).sum(-1) - 0.5
            approx = (ys / torch.log2(1 + ap)).sum(-1) / ideal
            return (1 - dcg / ideal).mean() - approx.mean() + F.mse_loss(soft @ la.exp(), P)

    return M(), (torch.randn(2, 3, 2), torch.tensor([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0]]))


def rankers() -> Made:
    """allRank: lists in order."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Sequential(nn.Linear(2, 3), nn.ReLU6(), nn.Linear(3, 1))

        def forward(self, x, y, perm):
            p = self.f(x).squeeze(-1)
            yp, yt = p[:, perm], y[:, perm]
            ys, idx = yt.sort(descending=True, dim=-1)
            ps = torch.gather(yp, dim=1, index=idx)
            mx, _ = ps.max(dim=1, keepdim=True)
            m = ps - mx
            cs = torch.cumsum(m.exp().flip(dims=[1]), dim=1).flip(dims=[1])
            mle = torch.mean(torch.sum(torch.log(cs + 1e-10) - m, dim=1))
            ln = torch.mean(-torch.sum(F.softmax(y, 1) * torch.log(F.softmax(p, 1) + 1e-10), 1))
            Yp, ip = p.sort(descending=True, dim=-1)
            yt2, _ = y.sort(descending=True, dim=-1)
            ts = torch.gather(y, 1, ip)
            d = ts[:, :, None] - ts[:, None, :]
            pm = torch.isfinite(d) & (d > 0)
            pos = torch.arange(1, y.shape[1] + 1)
            Dd = torch.log2(1.0 + pos.float())[None, :]
            mdcg = torch.sum((torch.pow(2, yt2) - 1) / Dd, dim=-1).clamp(min=1e-10)
            G = (torch.pow(2, ts) - 1) / mdcg[:, None]
            w = torch.abs(torch.pow(Dd[:, :, None], -1.0) - torch.pow(Dd[:, None, :], -1.0)) * torch.abs(
                G[:, :, None] - G[:, None, :]
            )
            sd = (Yp[:, :, None] - Yp[:, None, :]).clamp(min=-1e8, max=1e8)
            sd = sd.masked_fill(torch.isnan(sd), 0.0)
            wp = (torch.sigmoid(sd).clamp(min=1e-10) ** w).clamp(min=1e-10)
            l = torch.log2(wp)
            lam = -torch.sum(torch.where(pm, l, torch.zeros_like(l)))
            return mle + ln + lam

    return M(), (torch.randn(2, 3, 2), torch.tensor([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0]]), torch.tensor([2, 0, 1]))


ZOO = {
    "TabNet": tabnet,
    "NODE": node_trees,
    "NeuralSort and ApproxNDCG": sorting,
    "ListMLE and LambdaRank": rankers,
}
