"""Networks of pictures from timm and lucidrains."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def convnextv2() -> Made:
    """timm: layers of channels last, global response normalization, layer scale."""

    class LayerNorm2d(nn.LayerNorm):
        def forward(self, x):
            x = x.permute(0, 2, 3, 1)
            x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
            return x.permute(0, 3, 1, 2)

    class GRN(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.gamma = nn.Parameter(torch.randn(1, 1, 1, dim) * 0.1)
            self.beta = nn.Parameter(torch.zeros(1, 1, 1, dim))

        def forward(self, x):
            Gx = torch.norm(x, p=2, dim=(1, 2), keepdim=True)
            Nx = Gx / (Gx.mean(dim=-1, keepdim=True) + 1e-6)
            return self.gamma * (x * Nx) + self.beta + x

    class Block(nn.Module):
        def __init__(self, dim, ls=1e-1):
            super().__init__()
            self.dwconv = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
            self.norm = LayerNorm2d(dim, eps=1e-6)
            self.pw1, self.act, self.grn, self.pw2 = (
                nn.Linear(dim, 2 * dim),
                nn.GELU(),
                GRN(2 * dim),
                nn.Linear(2 * dim, dim),
            )
            self.ls = nn.Parameter(ls * torch.ones(dim)) if ls else None

        def forward(self, x):
            inp = x
            x = self.norm(self.dwconv(x)).permute(0, 2, 3, 1)
            x = self.pw2(self.grn(self.act(self.pw1(x))))
            if self.ls is not None:
                x = x.mul(self.ls)
            return inp + x.permute(0, 3, 1, 2)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(1, 2, 2, 2), LayerNorm2d(2, eps=1e-6))
            self.blocks = nn.Sequential(Block(2), Block(2, None))
            self.head = nn.Sequential(
                OrderedDict([("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten(1)), ("fc", nn.Linear(2, 3))])
            )

        def forward(self, x, y):
            return nn.CrossEntropyLoss(label_smoothing=0.1)(self.head(self.blocks(self.stem(x))), y)

    return M(), (torch.randn(2, 1, 4, 4), torch.tensor([0, 2]))


def nfnet() -> Made:
    """timm: weights are standardized by a batch norm, and a gain that is skipped at first."""

    class ScaledStdConv2d(nn.Conv2d):
        def __init__(self, i, o, k, padding=0, gamma=1.0, eps=1e-6):
            super().__init__(i, o, k, padding=padding)
            self.gain = nn.Parameter(torch.full((o, 1, 1, 1), 1.0))
            self.scale = gamma * self.weight[0].numel() ** -0.5
            self.eps = eps

        def forward(self, x):
            weight = F.batch_norm(
                self.weight.reshape(1, self.out_channels, -1),
                None,
                None,
                weight=(self.gain * self.scale).view(-1),
                training=True,
                momentum=0.0,
                eps=self.eps,
            ).reshape_as(self.weight)
            return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.c1, self.c2 = ScaledStdConv2d(1, 2, 3, 1), ScaledStdConv2d(2, 2, 3, 1)
            self.skipinit_gain = nn.Parameter(torch.tensor(0.3))
            self.fc = nn.Linear(2, 2)

        def forward(self, x, y):
            out = F.silu(self.c1(x)) * 1.7881293296813965
            out2 = self.c2(out) * 0.7
            out2 = out2.mul_(self.skipinit_gain) + out
            return F.cross_entropy(self.fc(out2.mean((2, 3))), y)

    return M(), (torch.randn(2, 1, 4, 4), torch.tensor([0, 1]))


def tome() -> Made:
    """facebookresearch/ToMe: the most similar tokens are averaged, with their sizes."""

    def bipartite(metric, r):
        with torch.no_grad():
            metric = metric / metric.norm(dim=-1, keepdim=True)
            a, b = metric[..., ::2, :], metric[..., 1::2, :]
            scores = a @ b.transpose(-1, -2)
            node_max, node_idx = scores.max(dim=-1)
            edge_idx = node_max.argsort(dim=-1, descending=True)[..., None]
            unm_idx = edge_idx[..., r:, :]
            src_idx = edge_idx[..., :r, :]
            dst_idx = node_idx[..., None].gather(dim=-2, index=src_idx)

        def merge(x, mode="mean"):
            src, dst = x[..., ::2, :], x[..., 1::2, :]
            n, t1, c = src.shape
            unm = src.gather(dim=-2, index=unm_idx.expand(n, t1 - r, c))
            src = src.gather(dim=-2, index=src_idx.expand(n, r, c))
            dst = dst.scatter_reduce(-2, dst_idx.expand(n, r, c), src, reduce=mode)
            return torch.cat([unm, dst], dim=1)

        return merge

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.k, self.o = nn.Linear(3, 3), nn.Linear(3, 2)

        def forward(self, x, y):
            k = self.k(x)
            merge = bipartite(k, 1)
            size = torch.ones_like(x[..., 0, None])
            x = merge(x * size, mode="sum")
            size = merge(size, mode="sum")
            x = x / size
            return F.cross_entropy(self.o((x * k[:, : x.shape[1]]).mean(1)), y)

    return M(), (torch.randn(2, 6, 3), torch.tensor([0, 1]))


def fsq() -> Made:
    """lucidrains/vector-quantize-pytorch: finite scalars, and signs with entropies."""

    def round_ste(z):
        zhat = z.round()
        return z + (zhat - z).detach()

    class FSQ(nn.Module):
        def __init__(self, levels):
            super().__init__()
            _levels = torch.tensor(levels, dtype=torch.int32)
            self.register_buffer("_levels", _levels, persistent=False)
            _basis = torch.cumprod(torch.tensor([1] + levels[:-1]), dim=0, dtype=torch.int32)
            self.register_buffer("_basis", _basis, persistent=False)

        def bound(self, z, eps=1e-3):
            half_l = (self._levels - 1) * (1 + eps) / 2
            offset = torch.where(self._levels % 2 == 0, 0.5, 0.0)
            shift = (offset / half_l).atanh()
            return (z + shift).tanh() * half_l - offset

        def forward(self, z):
            q = round_ste(self.bound(z))
            half_width = self._levels // 2
            codes = q / half_width
            idx = ((codes * half_width + half_width) * self._basis).sum(dim=-1).to(torch.int32)
            return codes, idx

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.fsq, self.d = nn.Linear(4, 3), FSQ([3, 4, 5]), nn.Linear(3, 4)
            self.emb = nn.Embedding(60, 2)

        def forward(self, x):
            c, i = self.fsq(self.e(x))
            z = self.e(x)
            q = torch.where(z > 0, 1.0, -1.0)
            q = z + (q - z).detach()
            p = torch.sigmoid(4 * z)
            ent = lambda p: -(p * p.clamp(min=1e-5).log() + (1 - p) * (1 - p).clamp(min=1e-5).log()).sum(-1)
            per_sample, codebook = ent(p).mean(), ent(p.mean(0))
            return (
                F.mse_loss(self.d(c), x)
                + F.l1_loss(self.d(q), x)
                + 0.1 * (per_sample - codebook)
                + self.emb(i).pow(2).mean()
            )

    return M(), (torch.randn(3, 4),)


def stn() -> Made:
    """The tutorial's, with pools whose windows overlap, unpooling and pixel shuffle."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.loc = nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2, stride=2), nn.ReLU(True))
            self.fc_loc = nn.Linear(2, 6)
            self.fc_loc.weight.data.mul_(0.1)
            self.fc_loc.bias.data.copy_(torch.tensor([1, 0, 0.1, 0, 1, -0.1], dtype=torch.float))
            self.c, self.ps, self.lp = nn.Conv2d(1, 4, 1), nn.PixelShuffle(2), nn.LPPool2d(2, 2)
            self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
            self.o = nn.Linear(9, 2)

        def forward(self, x, y):
            theta = self.fc_loc(self.loc(x).view(-1, 2)).view(-1, 2, 3)
            x = F.grid_sample(x, F.affine_grid(theta, x.size(), align_corners=False), align_corners=False)
            h = self.ps(self.c(x))
            p, i = self.pool(h)
            h = self.unpool(p, i) + F.interpolate(
                self.lp(h.abs() + 0.1), size=h.shape[-2:], mode="bicubic", align_corners=False
            )
            h = F.adaptive_avg_pool2d(h, 3) + F.adaptive_max_pool2d(h, (3, 3))
            return F.cross_entropy(self.o(h.flatten(1)), y)

    return M(), (torch.randn(1, 1, 4, 4), torch.tensor([1]))


ZOO = {
    "ConvNeXt V2": convnextv2,
    "NFNet": nfnet,
    "token merging": tome,
    "FSQ and LFQ": fsq,
    "spatial transformer": stn,
}
