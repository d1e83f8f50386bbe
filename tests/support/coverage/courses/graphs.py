"""Graphs and clouds of points: messages along edges, furthest points, pools of nodes, sparse neighbours."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


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


def pointnet2() -> Made:
    """yanx27/Pointnet_Pointnet2_pytorch and DGCNN: furthest points, nearest neighbours."""

    def knn(x, k):
        inner = -2 * torch.matmul(x.transpose(2, 1), x)
        xx = torch.sum(x**2, dim=1, keepdim=True)
        return (-xx - inner - xx.transpose(2, 1)).topk(k=k, dim=-1)[1]

    def graph_feature(x, k=2):
        B, d, n = x.shape
        idx = knn(x, k) + torch.arange(0, B).view(-1, 1, 1) * n
        idx = idx.view(-1)
        x = x.transpose(2, 1).contiguous()
        f = x.view(B * n, -1)[idx, :].view(B, n, k, d)
        x = x.view(B, n, 1, d).repeat(1, 1, k, 1)
        return torch.cat((f - x, x), dim=3).permute(0, 3, 1, 2).contiguous()

    def fps(xyz, npoint):
        B, N, C = xyz.shape
        cent = torch.zeros(B, npoint, dtype=torch.long)
        dist = torch.ones(B, N).to(xyz) * 1e10
        far = torch.zeros(B, dtype=torch.long)
        bi = torch.arange(B)
        for i in range(npoint):
            cent[:, i] = far
            c = xyz[bi, far, :].view(B, 1, 3)
            d = torch.sum((xyz - c) ** 2, -1)
            mask = d < dist
            dist[mask] = d[mask]
            far = torch.max(dist, -1)[1]
        return cent

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.c = nn.Sequential(nn.Conv2d(6, 3, 1, bias=False), nn.BatchNorm2d(3), nn.LeakyReLU(0.2))
            self.l = nn.Linear(6, 2)

        def forward(self, pts, y):
            x = self.c(graph_feature(pts.transpose(1, 2))).max(dim=-1, keepdim=False)[0]
            idx = fps(pts, 2)
            s = torch.gather(x.transpose(1, 2), 1, idx[..., None].expand(-1, -1, 3)).flatten(1)
            d = torch.cdist(pts, torch.gather(pts, 1, idx[..., None].repeat(1, 1, 3)))
            ch = d.min(1)[0].mean() + d.min(2)[0].mean()
            return F.cross_entropy(self.l(s), y) + ch

    return M(), (torch.randn(2, 4, 3), torch.tensor([0, 1]))


def pooling_graphs() -> Made:
    """DiffPool and MinCut losses; SAGPool's top-k; sparse adjacency."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.p, self.e, self.s, self.o = nn.Linear(2, 2), nn.Linear(2, 3), nn.Linear(3, 1), nn.Linear(3, 2)

        def forward(self, x, adj, y):
            A = adj + adj.t()
            d = A.sum(-1)
            dn = d.clamp(min=1).rsqrt()
            An = dn[:, None] * A * dn[None]
            s = torch.softmax(An @ self.p(x), -1)
            z = F.relu(An @ self.e(x))
            xp = s.t() @ z
            ap = s.t() @ A @ s
            link = torch.norm(A - s @ s.t(), p=2) / A.numel()
            ent = (-s * torch.log(s + 1e-15)).sum(-1).mean()
            num = torch.trace(ap)
            den = torch.einsum("ij,i,ik->jk", s, d, s).trace()
            mincut = -(num / den.clamp(min=1e-6))
            ss = s.t() @ s
            i = torch.eye(2).type_as(ss)
            ortho = torch.norm(ss / torch.norm(ss) - i / torch.norm(i))
            score = self.s(z).view(-1)
            v, perm = torch.topk(score, 2)
            zz = z[perm] * v.tanh().view(-1, 1)
            am = A[perm][:, perm]
            out = (
                torch.cat(
                    [
                        xp.mean(0),
                    ]
                )
                + zz.max(0)[0]
                + (am @ zz).mean(0)
            )
            return F.cross_entropy(self.o(out)[None], y) + link + ent + mincut + ortho

    return M(), (
        torch.randn(4, 2),
        torch.tensor([[0.0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]),
        torch.tensor([1]),
    )


ZOO = {
    "GCN, GIN, PNA and GATv2": gnn_kinds,
    "PointNet++ and DGCNN": pointnet2,
    "DiffPool, MinCut and SAGPool": pooling_graphs,
}
