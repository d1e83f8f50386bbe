"""Mixtures, weights that are drawn, graphs, prototypes, splines: what people build by themselves, small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def kan() -> Made:
    """efficient-kan: B-splines by the recursion of Cox and de Boor."""

    class KANLinear(nn.Module):
        def __init__(self, i=2, o=2, grid_size=3, order=2):
            super().__init__()
            self.order = order
            h = 2 / grid_size
            grid = (torch.arange(-order, grid_size + order + 1) * h - 1).expand(i, -1).contiguous()
            self.register_buffer("grid", grid)
            self.base_weight = nn.Parameter(torch.randn(o, i) * 0.5)
            self.spline_weight = nn.Parameter(torch.randn(o, i, grid_size + order) * 0.5)

        def b_splines(self, x):
            grid, x = self.grid, x.unsqueeze(-1)
            bases = ((x >= grid[:, :-1]) & (x < grid[:, 1:])).to(x.dtype)
            for k in range(1, self.order + 1):
                bases = ((x - grid[:, : -(k + 1)]) / (grid[:, k:-1] - grid[:, : -(k + 1)]) * bases[:, :, :-1]) + (
                    (grid[:, k + 1 :] - x) / (grid[:, k + 1 :] - grid[:, 1:(-k)]) * bases[:, :, 1:]
                )
            return bases.contiguous()

        def forward(self, x, y):
            base_output = F.linear(F.silu(x), self.base_weight)
            spline_output = F.linear(
                self.b_splines(x).view(x.size(0), -1), self.spline_weight.view(self.spline_weight.size(0), -1)
            )
            return F.mse_loss(base_output + spline_output, y)

    return KANLinear(), (torch.rand(3, 2) * 1.6 - 0.8, torch.randn(3, 2))


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


def mixture_density() -> Made:
    class MDN(nn.Module):
        def __init__(self):
            super().__init__()
            self.pi, self.mu, self.sigma = nn.Linear(2, 3), nn.Linear(2, 3), nn.Linear(2, 3)

        def forward(self, x, y):
            pi, sigma, mu = F.softmax(self.pi(x), -1), torch.exp(self.sigma(x)), self.mu(x)
            m = torch.distributions.Normal(loc=mu, scale=sigma)
            loss = torch.exp(m.log_prob(y.expand_as(mu)))
            return torch.mean(-torch.log(torch.sum(loss * pi, dim=1)))

    return MDN(), (torch.randn(3, 2), torch.randn(3, 1))


def bayes_by_backprop() -> Made:
    class BayesianLinear(nn.Module):
        def __init__(self):
            super().__init__()
            self.w_mu, self.w_rho = nn.Parameter(torch.randn(3, 1)), nn.Parameter(torch.full((3, 1), -2.0))
            self.prior = torch.distributions.Normal(0, 1)

        def forward(self, x, y):
            sigma = torch.log1p(torch.exp(self.w_rho))
            w = self.w_mu + sigma * torch.randn_like(self.w_mu)
            log_post = torch.distributions.Normal(self.w_mu, sigma).log_prob(w).sum()
            like = torch.distributions.Normal(x @ w, 0.3).log_prob(y).sum()
            return 0.1 * (log_post - self.prior.log_prob(w).sum()) - like

    return BayesianLinear(), (torch.randn(3, 3), torch.randn(3, 1))


ZOO = {
    "KAN": kan,
    "GAT": graph_attention,
    "lottery ticket": lottery_ticket,
    "prototypical network": prototypes,
    "mixture density network": mixture_density,
    "Bayes by backprop": bayes_by_backprop,
}
