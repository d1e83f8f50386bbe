"""Trees of decisions, and messages along edges."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


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


def gnn_kinds() -> Made:
    """GCN by index_add, GIN, GraphSAGE's max, PNA's several aggregators, GATv2 by scatter_reduce."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.gin, self.eps, self.l, self.a, self.pna, self.out = (
                nn.Linear(2, 3),
                nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
                nn.Parameter(torch.zeros(1)),
                nn.Linear(6, 3),
                nn.Parameter(torch.randn(3)),
                nn.Linear(12, 3),
                nn.Linear(3, 2),
            )

        def forward(self, x, edge_index, y):
            N = x.size(0)
            loop = torch.arange(N).unsqueeze(0).repeat(2, 1)
            ei = torch.cat([edge_index, loop], dim=1)
            row, col = ei
            deg = torch.zeros(N, dtype=x.dtype).scatter_add_(0, col, torch.ones(ei.size(1), dtype=x.dtype))
            dis = deg.pow(-0.5)
            dis[dis == float("inf")] = 0
            norm = dis[row] * dis[col]
            h = self.w(x)
            h = torch.zeros_like(h).index_add_(0, col, norm.view(-1, 1) * h[row]).relu()
            h = self.gin((1 + self.eps) * h + torch.zeros_like(h).index_add(0, edge_index[1], h[edge_index[0]]))
            e = F.leaky_relu(self.l(torch.cat([h[row], h[col]], -1)), 0.2) @ self.a
            mx = torch.full((N,), float("-inf"), dtype=e.dtype).scatter_reduce(0, col, e, reduce="amax")
            ex = (e - mx.index_select(0, col)).exp()
            al = ex / (torch.zeros(N, dtype=e.dtype).scatter_add(0, col, ex).index_select(0, col) + 1e-16)
            h = h + torch.zeros_like(h).index_add_(0, col, al.unsqueeze(-1) * h[row])
            idx = col.view(-1, 1).expand(-1, 3)
            msg = h[row]
            S = lambda r: torch.zeros(N, 3, dtype=h.dtype).scatter_reduce_(0, idx, msg, reduce=r, include_self=False)
            mean = S("mean")
            sd = (
                (
                    S("mean")
                    - mean
                    + torch.zeros(N, 3, dtype=h.dtype).scatter_reduce_(0, idx, msg * msg, "mean", include_self=False)
                    - mean * mean
                )
                .clamp(min=1e-5)
                .sqrt()
            )
            h = self.pna(torch.cat([mean, S("amax"), S("amin"), sd], -1) * torch.log(deg + 1).view(-1, 1))
            return F.cross_entropy(self.out(F.relu(h)), y, reduction="sum")

    return M(), (torch.randn(4, 2), torch.tensor([[0, 1, 2, 3, 0], [1, 2, 3, 0, 2]]), torch.tensor([0, 1, 1, 0]))


ZOO = {
    "NODE": node_trees,
    "GCN, GIN, PNA and GATv2": gnn_kinds,
}
