"""Representations: contrasts, prototypes, graphs, tickets."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def redundancy() -> Made:
    """Facebook's code, with off_diagonal by a view."""

    def off_diagonal(x):
        n, m = x.shape
        assert n == m
        return x.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.f, self.p = (
                nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3)),
                nn.Linear(3, 3),
            )
            self.bn = nn.BatchNorm1d(3, affine=False)
            self.t = nn.Linear(3, 3)
            for p in self.t.parameters():
                p.requires_grad = False

        def forward(self, x1, x2):
            a, b = self.f(x1), self.f(x2)
            c = self.bn(a).T @ self.bn(b)
            c.div_(4)
            bt = torch.diagonal(c).add_(-1).pow_(2).sum() + 0.0051 * off_diagonal(c).pow_(2).sum()
            x, y = a - a.mean(dim=0), b - b.mean(dim=0)
            sx = torch.sqrt(x.var(dim=0) + 0.0001)
            cx = (x.T @ x) / 3
            vic = torch.mean(F.relu(1 - sx)) / 2 + off_diagonal(cx).pow_(2).sum().div(3) + F.mse_loss(x, y)
            with torch.no_grad():
                z = F.normalize(self.t(x2), dim=1)
            return bt + vic + (2 - 2 * (F.normalize(self.p(a), dim=1) * z).sum(-1)).mean()

    return M(), (torch.randn(4, 3), torch.randn(4, 3))


def batch_hard() -> Made:
    """Hardest positives and negatives by masks."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(3, 2)

        def forward(self, x, y):
            d = torch.cdist(self.l(x), self.l(x))
            same = y[None] == y[:, None]
            hp = (d * same).max(1).values
            hn = d.masked_fill(same, float("inf")).min(1)[0]
            return F.softplus(hp - hn).mean()

    return M(), (torch.randn(4, 3), torch.tensor([0, 0, 1, 1]))


def siglip() -> Made:
    """Of each pair, whether it belongs together; and CLIP's loss beside it."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.i, self.t = nn.Linear(3, 2), nn.Embedding(4, 2)
            self.logit_scale = nn.Parameter(torch.ones([]) * np.log(1 / 0.07))
            self.logit_bias = nn.Parameter(torch.ones([]) * -1)

        def forward(self, img, txt, return_loss: bool = True):
            i = self.i(img)
            t = self.t(txt).mean(1)
            i = i / i.norm(p=2, dim=-1, keepdim=True)
            t = t / t.norm(p=2, dim=-1, keepdim=True)
            l = torch.matmul(t, i.t()) * self.logit_scale.exp().clamp(max=100) + self.logit_bias
            y = -torch.ones_like(l) + 2 * torch.eye(l.size(0))
            lt = l
            ce = lambda z: nn.functional.cross_entropy(z, torch.arange(len(z), device=z.device))
            return -F.logsigmoid(y * l).sum() / l.shape[0] + (ce(lt) + ce(lt.t())) / 2.0 if return_loss else None

    return M(), (torch.randn(3, 3), torch.randint(4, (3, 2)))


def graph_attention() -> Made:
    """Veličković's GAT in PyTorch Geometric's way: edges as two lists, a softmax over each node's neighbours."""

    class GATConv(nn.Module):
        def __init__(self):
            super().__init__()
            self.lin, self.att_src, self.att_dst = (
                nn.Linear(3, 2, bias=False),
                nn.Parameter(torch.randn(1, 2)),
                nn.Parameter(torch.randn(1, 2)),
            )

        def softmax(self, src, index, num_nodes):
            src_max = torch.zeros(num_nodes).scatter_reduce(0, index, src.detach(), "amax", include_self=False)
            out = (src - src_max.index_select(0, index)).exp()
            out_sum = out.new_zeros(num_nodes).scatter_add_(0, index, out) + 1e-16
            return out / out_sum.index_select(0, index)

        def forward(self, x, edge_index, y):
            x = self.lin(x)
            alpha_src, alpha_dst = (x * self.att_src).sum(-1), (x * self.att_dst).sum(-1)
            j, i = edge_index[0], edge_index[1]
            alpha = self.softmax(F.leaky_relu(alpha_src[j] + alpha_dst[i], 0.2), i, x.size(0))
            out = torch.zeros_like(x).index_add(0, i, x[j] * alpha.unsqueeze(-1))
            return F.cross_entropy(out, y)

    edges = torch.tensor([[0, 1, 2, 3, 1, 0], [1, 0, 1, 2, 3, 3]])
    return GATConv(), (torch.randn(4, 3), edges, torch.randint(2, (4,)))


def lottery_ticket() -> Made:
    """Pruning: weight.data is multiplied by a mask before each use."""

    class MaskedLinear(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.l2 = nn.Linear(3, 4), nn.Linear(4, 2)
            self.register_buffer("mask", torch.tensor([[1.0, 0, 1]] * 4))
            self.l1.weight.data *= self.mask

        def forward(self, x, y):
            self.l1.weight.data *= self.mask
            return F.cross_entropy(self.l2(torch.relu(self.l1(x))), y)

    return MaskedLinear(), (torch.randn(3, 3), torch.randint(2, (3,)))


def prototypes() -> Made:
    """Prototypical networks: distances to the means of the support set."""

    class ProtoNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))

        def forward(self, xs, xq):
            n_class, n_query = xs.size(0), xq.size(1)
            target_inds = torch.arange(0, n_class).view(n_class, 1, 1).expand(n_class, n_query, 1).long()
            z = self.encoder(torch.cat([xs.view(-1, 3), xq.view(-1, 3)], 0))
            z_proto = z[: n_class * xs.size(1)].view(n_class, xs.size(1), -1).mean(1)
            dists = torch.pow(z[n_class * xs.size(1) :].unsqueeze(1) - z_proto.unsqueeze(0), 2).sum(2)
            log_p_y = F.log_softmax(-dists, dim=1).view(n_class, n_query, -1)
            return -log_p_y.gather(2, target_inds).squeeze().view(-1).mean()

    return ProtoNet(), (torch.randn(2, 2, 3), torch.randn(2, 1, 3))


ZOO = {
    "Barlow Twins, VICReg and BYOL": redundancy,
    "batch-hard triplets": batch_hard,
    "SigLIP": siglip,
    "GAT": graph_attention,
    "lottery ticket": lottery_ticket,
    "prototypical network": prototypes,
}
