"""Recurrences that decide how long they think, and what they keep."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def ponder_act() -> Made:
    """labml, PonderNet and adaptive computation time."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.o, self.l = nn.GRUCell(2, 3), nn.Linear(3, 2), nn.Linear(3, 1)

        def forward(self, x, y):
            h = self.gru(x, x.new_zeros((x.shape[0], 3)))
            p, ys, un = [], [], h.new_ones((x.shape[0],))
            hl = h.new_zeros((x.shape[0],))
            rem = torch.ones_like(un)
            acc = 0
            ponder = 0
            still = torch.ones_like(un)
            for n in range(3):
                lam = h.new_ones(h.shape[0]) if n == 2 else torch.sigmoid(self.l(h))[:, 0]
                yn = self.o(h)
                pn = un * lam
                un = un * (1 - lam)
                running = (hl + lam < 1 - 0.01).float()
                w = torch.where(running.bool(), lam, rem) * still
                hl = hl + lam * running
                rem = rem - lam * running
                acc = acc + w[:, None] * yn
                ponder = ponder + still
                still = still * running
                p.append(pn)
                ys.append(yn)
                h = self.gru(x, h)
            p = torch.stack(p)
            loss = sum((p[n] * F.cross_entropy(ys[n], y, reduction="none")).mean() for n in range(3))
            pg = torch.zeros((3,))
            nh = 1.0
            for k in range(3):
                pg[k] = nh * 0.3
                nh = nh * 0.7
            pg = nn.Parameter(pg, requires_grad=False)
            pp = p.transpose(0, 1)
            return (
                loss
                + 0.01 * nn.KLDivLoss(reduction="batchmean")(pp.log(), pg[None, :3].expand_as(pp))
                + F.cross_entropy(acc, y)
                + 0.01 * (ponder + rem).mean()
            )

    return M(), (torch.randn(2, 2), torch.tensor([0, 1]))


def dnc() -> Made:
    """ixaxaar/pytorch-dnc: allocation by sorting, links in time."""

    def cumprod_exclusive(t, dim=-1):
        return torch.cumprod(torch.cat([torch.ones_like(t.narrow(dim, 0, 1)), t], dim), dim).narrow(dim, 0, t.size(dim))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.i, self.o = (
                nn.LSTMCell(4, 3),
                nn.Linear(3, 2 + 1 + 2 + 2 + 1 + 1 + 2 + 1 + 1 + 3),
                nn.Linear(5, 2),
            )

        def forward(self, x, y):
            B = x.size(0)
            mem, usage, rw, ww, link, prec, r = (
                torch.full((B, 3, 2), 1e-6),
                torch.zeros(B, 3),
                torch.zeros(B, 3),
                torch.zeros(B, 3),
                torch.zeros(B, 3, 3),
                torch.zeros(B, 3),
                torch.zeros(B, 2),
            )
            h = c = torch.zeros(B, 3)
            loss = 0
            for t in range(x.size(1)):
                h, c = self.c(torch.cat([x[:, t], r], 1), (h, c))
                rk, rs, wk, er, wv_s, fg, wv, ag, wg, rm = torch.split(self.i(h), [2, 1, 2, 2, 1, 1, 2, 1, 1, 3], 1)
                usage = usage + (1 - usage) * ww
                usage = usage * (1 - torch.sigmoid(fg) * rw)
                us = 0.005 + 0.99 * usage
                su, phi = torch.topk(us, 3, dim=1, largest=False)
                sa = (1 - su) * cumprod_exclusive(su, 1)
                _, inv = torch.sort(phi, 1)
                alloc = sa.gather(1, inv)
                cont = lambda mem, k, s: F.softmax(
                    F.cosine_similarity(mem + 1e-6, k.unsqueeze(1), dim=-1) * (1 + F.softplus(s)), 1
                )
                wg_, ag_ = torch.sigmoid(wg), torch.sigmoid(ag)
                ww = wg_ * (ag_ * alloc + (1 - ag_) * cont(mem, torch.tanh(wk), wv_s))
                mem = mem * (1 - ww.unsqueeze(2) * torch.sigmoid(er).unsqueeze(1)) + ww.unsqueeze(2) * torch.tanh(
                    wv
                ).unsqueeze(1)
                wi, wj = ww.unsqueeze(2), ww.unsqueeze(1)
                link = ((1 - wi - wj) * link + wi * prec.unsqueeze(1)) * (1 - torch.eye(3).unsqueeze(0))
                prec = (1 - ww.sum(1, keepdim=True)) * prec + ww
                f, b = (
                    torch.bmm(link, rw.unsqueeze(2)).squeeze(2),
                    torch.bmm(link.transpose(1, 2), rw.unsqueeze(2)).squeeze(2),
                )
                m = F.softmax(rm, 1)
                rw = m[:, 0:1] * b + m[:, 1:2] * f + m[:, 2:3] * cont(mem, torch.tanh(rk), rs)
                r = torch.bmm(rw.unsqueeze(1), mem).squeeze(1)
                loss = loss + F.mse_loss(self.o(torch.cat([h, r], 1)), y[:, t])
            return loss

    return M(), (torch.randn(1, 3, 2), torch.randn(1, 3, 2))


def on_lstm() -> Made:
    """Ordered neurons: cumax; phased LSTM by fmod; peepholes; zoneout in eval."""

    def cumsoftmax(x, dim=-1):
        return torch.cumsum(F.softmax(x, dim=dim), dim=dim)

    class M(nn.Module):
        def __init__(self, i=2, h=4, c=2):
            super().__init__()
            self.ih, self.hh = nn.Linear(i, 4 * h + 2 * (h // c)), nn.Linear(h, 4 * h + 2 * (h // c))
            self.h, self.c = h, c
            self.tau, self.s, self.r_on = (
                nn.Parameter(torch.exp(torch.rand(h)) * 1.5),
                nn.Parameter(torch.rand(h)),
                nn.Parameter(torch.ones(h) * 0.3),
            )
            self.peep = nn.Parameter(torch.randn(h))

        def forward(self, x, times, y):
            hx = cx = x.new_zeros(x.size(0), self.h)
            for t in range(x.size(1)):
                g = self.ih(x[:, t]) + self.hh(hx)
                n = self.h // self.c
                cin, cfg = g[:, : 2 * n].chunk(2, 1)
                o, c, i, f = g[:, 2 * n :].view(-1, 4, n, self.c).chunk(4, 1)
                cin, cfg = 1 - cumsoftmax(cin), cumsoftmax(cfg)
                cin, cfg = cin[:, :, None], cfg[:, :, None]
                o, c, i, f = o.squeeze(1).sigmoid(), c.squeeze(1).tanh(), i.squeeze(1).sigmoid(), f.squeeze(1).sigmoid()
                ov = cfg * cin
                f = f * ov + (cfg - ov)
                i = i * ov + (cin - ov)
                cy = f * cx.view(-1, n, self.c) + i * c
                cy = cy.view(-1, self.h)
                hy = o.reshape(-1, self.h) * torch.tanh(cy + self.peep * cx)
                phi = torch.fmod(times[:, t : t + 1] - self.s, self.tau).abs() / self.tau.abs()
                k = torch.where(
                    phi < self.r_on * 0.5,
                    2 * phi / self.r_on,
                    torch.where(phi < self.r_on, 2 - 2 * phi / self.r_on, 0.001 * phi),
                )
                cx = k * cy + (1 - k) * cx
                hx = k * hy + (1 - k) * hx
            return F.mse_loss(hx, y)

    return M(), (torch.randn(1, 3, 2), torch.rand(1, 3) * 5, torch.randn(1, 4))


ZOO = {
    "PonderNet and ACT": ponder_act,
    "DNC": dnc,
    "ON-LSTM and phased LSTM": on_lstm,
}
