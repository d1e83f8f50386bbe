"""Losses: margins between classes, teachers and students, survival, transport."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def margins() -> Made:
    """CosFace, SphereFace, circle loss, proxy-NCA, centre loss, LDAM, seesaw loss."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f, self.W, self.centers, self.proxies = (
                nn.Linear(3, 2),
                nn.Parameter(torch.randn(3, 2)),
                nn.Parameter(torch.randn(3, 2)),
                nn.Parameter(torch.randn(3, 2)),
            )
            self.register_buffer("m_list", 0.5 / torch.sqrt(torch.sqrt(torch.tensor([5.0, 3.0, 1.0]))))
            self.register_buffer("cum_samples", torch.tensor([5.0, 3.0, 1.0]))

        def forward(self, x, y):
            e = self.f(x)
            n = F.normalize(e)
            cos = F.linear(n, F.normalize(self.W)).clamp(-1 + 1e-7, 1 - 1e-7)
            oh = torch.zeros_like(cos).scatter_(1, y.view(-1, 1).long(), 1)
            cosface = F.cross_entropy(4 * (oh * (cos - 0.35) + (1.0 - oh) * cos), y)
            theta = cos.data.acos()
            k = (4 * theta / math.pi).floor()
            phi = (-1.0) ** k * (8 * cos**4 - 8 * cos**2 + 1) - 2 * k
            sph = F.cross_entropy((oh * (phi - cos) / (1 + 5.0)) + cos, y)
            sim = n @ n.t()
            lab = y.unsqueeze(1) == y.unsqueeze(0)
            pos, neg = lab.triu(diagonal=1), lab.logical_not().triu(diagonal=1)
            ap, an = torch.clamp_min(-sim.detach() + 1 + 0.25, min=0.0), torch.clamp_min(sim.detach() + 0.25, min=0.0)
            lp, ln = -ap * (sim - 0.75) * 4, an * (sim - 0.25) * 4
            circle = F.softplus(
                torch.logsumexp(lp.masked_fill(~pos, -1e9).flatten(), 0)
                + torch.logsumexp(ln.masked_fill(~neg, -1e9).flatten(), 0)
            )
            B = x.size(0)
            distmat = (
                torch.pow(e, 2).sum(dim=1, keepdim=True).expand(B, 3)
                + torch.pow(self.centers, 2).sum(dim=1, keepdim=True).expand(3, B).t()
            )
            distmat = distmat.addmm(e, self.centers.t(), beta=1, alpha=-2)
            mask = y.unsqueeze(1).expand(B, 3).eq(torch.arange(3).long().expand(B, 3))
            center = (distmat * mask.to(distmat)).clamp(min=1e-12, max=1e12).sum() / B
            D = torch.cdist(F.normalize(self.proxies) * 2, n * 2).pow(2).t()
            nca = torch.sum(-oh * F.log_softmax(-D, -1), -1).mean()
            bm = torch.matmul(self.m_list[None, :], oh.transpose(0, 1)).view((-1, 1))
            ldam = F.cross_entropy(10 * torch.where(oh.bool(), cos - bm, cos), y)
            sm = self.cum_samples[None, :].clamp(min=1) / self.cum_samples[:, None].clamp(min=1)
            idx = (sm < 1.0).to(cos)
            sw = sm.pow(0.8) * idx + (1 - idx)
            seesaw = F.cross_entropy(cos + (sw[y, :].log() * (1 - oh)), y)
            return cosface + sph + circle + 0.01 * center + nca + ldam + seesaw

    return M(), (torch.randn(4, 3), torch.tensor([0, 1, 0, 2]))


def teachers() -> Made:
    """Mean teacher, FixMatch, R-Drop, distillation (KD, DKD, RKD), NT-Xent, CLIP, SimSiam, CPC."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.student = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3))
            self.teacher = copy.deepcopy(self.student)
            self.pred, self.scale = nn.Linear(3, 3), nn.Parameter(torch.ones([]) * np.log(1 / 0.07))
            self.W = nn.Bilinear(3, 3, 1)
            for p in self.teacher.parameters():
                p.requires_grad = False
            for p in self.teacher.modules():
                if isinstance(p, nn.BatchNorm1d):
                    p.eval()

        def forward(self, x, xs, y):
            s, ss = self.student(x), self.student(xs)
            with torch.no_grad():
                t = self.teacher(x)
            cons = F.mse_loss(F.softmax(s, 1), F.softmax(t, 1))
            pl = torch.softmax(t.detach() / 0.5, dim=-1)
            mp, tu = torch.max(pl, dim=-1)
            mask = mp.ge(0.4).to(s)
            fix = (F.cross_entropy(ss, tu, reduction="none") * mask).mean()
            T = 4.0
            kd = nn.KLDivLoss(reduction="batchmean")(F.log_softmax(s / T, dim=1), F.softmax(t / T, dim=1)) * T * T
            gt = torch.zeros_like(s).scatter_(1, y.unsqueeze(1), 1).bool()
            ot = ~gt
            ps, pt = F.softmax(s / T, 1), F.softmax(t / T, 1)
            cm = lambda q: torch.cat([(q * gt).sum(dim=1, keepdims=True), (q * ot).sum(1, keepdims=True)], dim=1)
            tckd = F.kl_div(torch.log(cm(ps)), cm(pt), reduction="sum") * T**2 / y.shape[0]
            nckd = (
                F.kl_div(F.log_softmax(s / T - 1000.0 * gt, dim=1), F.softmax(t / T - 1000.0 * gt, 1), reduction="sum")
                * T**2
                / y.shape[0]
            )

            def pd(e, sq=False, eps=1e-12):
                es = e.pow(2).sum(dim=1)
                r = (es.unsqueeze(1) + es.unsqueeze(0) - 2 * e @ e.t()).clamp(min=eps)
                r = r if sq else r.sqrt()
                r = r.clone()
                r[range(len(e)), range(len(e))] = 0
                return r

            with torch.no_grad():
                td = pd(t)
                mtd = td[td > 0].mean()
                td = td / mtd
            sd = pd(s)
            sd = sd / sd[sd > 0].mean()
            rkd = F.smooth_l1_loss(sd, td)
            rdrop = (
                F.kl_div(F.log_softmax(s, -1), F.softmax(ss, -1), reduction="none").sum()
                + F.kl_div(F.log_softmax(ss, -1), F.softmax(s, -1), reduction="none").sum()
            ) / 2
            z = torch.cat([F.normalize(s), F.normalize(ss)])
            N = len(z)
            sim = F.cosine_similarity(z[None], z[:, None], dim=-1) / 0.5
            sim.masked_fill_(torch.eye(N, dtype=torch.bool), -9e15)
            pm = torch.eye(N, dtype=torch.bool).roll(shifts=N // 2, dims=0)
            nll = -sim[pm] + torch.logsumexp(sim, dim=-1)
            lpi = self.scale.exp() * F.normalize(s) @ F.normalize(ss).t()
            lab = torch.arange(len(x))
            clip = (F.cross_entropy(lpi, lab) + F.cross_entropy(lpi.t(), lab)) / 2
            siam = (
                -(
                    F.cosine_similarity(self.pred(s), ss.detach()).mean()
                    + F.cosine_similarity(self.pred(ss), s.detach()).mean()
                )
                * 0.5
            )
            n = len(x)
            pair = self.W(s.unsqueeze(1).repeat(1, n, 1).flatten(0, 1), ss.repeat(n, 1)).view(n, n)
            cpc = -torch.diag(F.log_softmax(pair, 1)).mean()
            dv = -(
                pair.diag().mean()
                - (torch.logsumexp(pair.masked_select(~torch.eye(n, dtype=torch.bool)), 0) - math.log(n * (n - 1)))
            )
            return cons + fix + kd + tckd + nckd + rkd + rdrop + nll.mean() + clip + siam + cpc + dv

    return M(), (torch.randn(3, 3), torch.randn(3, 3), torch.tensor([0, 1, 2]))


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


ZOO = {
    "SphereFace, circle and LDAM": margins,
    "distillation and contrast": teachers,
    "Cox and CORAL": survival,
    "Sinkhorn's transport": transport,
}
