"""Pictures read at places that are learned, and kernels that are computed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def yolox_dfl() -> Made:
    """GIoU, distribution focal loss and quality focal loss, as mmdetection writes them."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.r = nn.Linear(3, 2), nn.Linear(3, 16)
            self.register_buffer("project", torch.linspace(0, 3, 4))

        def giou(self, pred, target, eps=1e-6):
            lt, rb = torch.max(pred[..., :2], target[..., :2]), torch.min(pred[..., 2:], target[..., 2:])
            wh = (rb - lt).clamp(min=0)
            overlap = wh[..., 0] * wh[..., 1]
            a1, a2 = (
                (pred[..., 2] - pred[..., 0]) * (pred[..., 3] - pred[..., 1]),
                (target[..., 2] - target[..., 0]) * (target[..., 3] - target[..., 1]),
            )
            union = torch.max(a1 + a2 - overlap, overlap.new_tensor([eps]))
            e = (torch.max(pred[..., 2:], target[..., 2:]) - torch.min(pred[..., :2], target[..., :2])).clamp(min=0)
            ea = torch.max(e[..., 0] * e[..., 1], union.new_tensor([eps]))
            ious = overlap / union
            return ious, ious - (ea - union) / ea

        def forward(self, f, pts, gt, label):
            d = F.softmax(self.r(f).reshape(-1, 4), dim=1)
            d = F.linear(d, self.project.type_as(d)).reshape(-1, 4)
            x1, y1, x2, y2 = pts[:, 0] - d[:, 0], pts[:, 1] - d[:, 1], pts[:, 0] + d[:, 2], pts[:, 1] + d[:, 3]
            box = torch.stack([x1, y1, x2, y2], -1)
            iou, giou = self.giou(box, gt)
            score = iou.detach().clamp(min=0)
            tgt = (
                torch.stack(
                    [pts[:, 0] - gt[:, 0], pts[:, 1] - gt[:, 1], gt[:, 2] - pts[:, 0], gt[:, 3] - pts[:, 1]], -1
                )
                .clamp(min=0, max=3 - 0.1)
                .reshape(-1)
            )
            dl = tgt.long()
            dr = dl + 1
            wl, wr = dr.to(tgt) - tgt, tgt - dl.to(tgt)
            pr = self.r(f).reshape(-1, 4)
            dfl = (
                F.cross_entropy(pr, dl, reduction="none") * wl + F.cross_entropy(pr, dr, reduction="none") * wr
            ).mean()
            p = self.c(f)
            sg = p.sigmoid()
            loss = F.binary_cross_entropy_with_logits(p, torch.zeros_like(p), reduction="none") * sg.pow(2.0)
            oh = F.one_hot(label, 2).to(p)
            sf = (score[:, None] - sg).abs().pow(2.0)
            qfl = (
                torch.where(
                    oh > 0,
                    F.binary_cross_entropy_with_logits(p, score[:, None].expand_as(p), reduction="none") * sf,
                    loss,
                )
                .sum(1)
                .mean()
            )
            return (1 - giou).mean() + 0.25 * dfl + qfl

    return M(), (
        torch.randn(2, 3),
        torch.tensor([[2.0, 2.0], [3.0, 3.0]]),
        torch.tensor([[0.6, 0.9, 3.7, 4.1], [1.2, 1.4, 5.3, 4.6]]),
        torch.tensor([0, 1]),
    )


def deform() -> Made:
    """4uiiurz1/pytorch-deform-conv-v2."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.p_conv, self.m_conv, self.conv, self.zero_padding = (
                nn.Conv2d(1, 8, 3, padding=1),
                nn.Conv2d(1, 4, 3, padding=1),
                nn.Conv2d(1, 2, 2, stride=2),
                nn.ZeroPad2d(1),
            )

        def forward(self, x, y):
            offset = self.p_conv(x) * 0.3
            m = torch.sigmoid(self.m_conv(x))
            N = 4
            x = self.zero_padding(x)
            pnx, pny = torch.meshgrid(torch.arange(0, 2), torch.arange(0, 2), indexing="ij")
            pn = torch.cat([torch.flatten(pnx), torch.flatten(pny)], 0).view(1, 2 * N, 1, 1).type(x.dtype)
            h, w = offset.shape[2:]
            p0x, p0y = torch.meshgrid(torch.arange(1, h + 1), torch.arange(1, w + 1), indexing="ij")
            p0 = torch.cat(
                [p0x.flatten().view(1, 1, h, w).repeat(1, N, 1, 1), p0y.flatten().view(1, 1, h, w).repeat(1, N, 1, 1)],
                1,
            ).type(x.dtype)
            p = (p0 + pn + offset).contiguous().permute(0, 2, 3, 1)
            q_lt = p.detach().floor()
            q_rb = q_lt + 1
            cl = lambda q: torch.cat(
                [torch.clamp(q[..., :N], 0, x.size(2) - 1), torch.clamp(q[..., N:], 0, x.size(3) - 1)], dim=-1
            )
            q_lt, q_rb = cl(q_lt).long(), cl(q_rb).long()
            q_lb = torch.cat([q_lt[..., :N], q_rb[..., N:]], -1)
            q_rt = torch.cat([q_rb[..., :N], q_lt[..., N:]], -1)
            p = cl(p)
            g = lambda q, sx, sy: (
                (1 + sx * (q[..., :N].type_as(p) - p[..., :N])) * (1 + sy * (q[..., N:].type_as(p) - p[..., N:]))
            )

            def xq(q):
                b, hh, ww, _ = q.size()
                pw = x.size(3)
                c = x.size(1)
                xx = x.contiguous().view(b, c, -1)
                idx = (
                    (q[..., :N] * pw + q[..., N:])
                    .contiguous()
                    .unsqueeze(1)
                    .expand(-1, c, -1, -1, -1)
                    .contiguous()
                    .view(b, c, -1)
                )
                return xx.gather(dim=-1, index=idx).contiguous().view(b, c, hh, ww, N)

            xo = (
                g(q_lt, 1, 1).unsqueeze(1) * xq(q_lt)
                + g(q_rb, -1, -1).unsqueeze(1) * xq(q_rb)
                + g(q_lb, 1, -1).unsqueeze(1) * xq(q_lb)
                + g(q_rt, -1, 1).unsqueeze(1) * xq(q_rt)
            )
            xo = xo * m.permute(0, 2, 3, 1).unsqueeze(1)
            b, c, h, w, _ = xo.size()
            ks = 2
            xo = (
                torch.cat([xo[..., s : s + ks].contiguous().view(b, c, h, w * ks) for s in range(0, N, ks)], dim=-1)
                .contiguous()
                .view(b, c, h * ks, w * ks)
            )
            return F.mse_loss(self.conv(xo), y)

    return M(), (torch.randn(1, 1, 3, 3), torch.randn(1, 2, 3, 3))


def involution() -> Made:
    """d-li14/involution: a kernel for each pixel."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2, self.avgpool, self.unfold, self.h = (
                nn.Sequential(nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2), nn.ReLU()),
                nn.Conv2d(2, 9 * 1, 1),
                nn.AvgPool2d(2, 2),
                nn.Unfold(3, 1, 1, 2),
                nn.Linear(2, 2),
            )

        def forward(self, x, y):
            w = self.conv2(self.conv1(self.avgpool(x)))
            b, c, h, ww = w.shape
            w = w.view(b, 1, 9, h, ww).unsqueeze(2)
            o = self.unfold(x).view(b, 1, 2, 9, h, ww)
            o = (w * o).sum(dim=3).view(b, 2, h, ww)
            return F.soft_margin_loss(self.h(o.flatten(2).max(-1)[0]), y)

    return M(), (torch.randn(1, 2, 4, 4), torch.tensor([[1, -1]]))


def condconv() -> Made:
    """Kernels for each sample, standardised weights, blurred pooling."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(2, 2 * 1 * 9) * 0.3)
            self.r = nn.Linear(1, 2)
            self.std = nn.Conv2d(2, 2, 3, padding=1, bias=False)
            self.gn = nn.GroupNorm(2, 2)

        def forward(self, x, y):
            B, C, H, W = x.shape
            r = torch.sigmoid(self.r(F.adaptive_avg_pool2d(x, 1).flatten(1)))
            w = torch.matmul(r, self.weight).view(B * 2, 1, 3, 3)
            o = F.conv2d(x.reshape(1, B * C, H, W), w, None, 1, 1, groups=B).permute([1, 0, 2, 3]).view(B, 2, H, W)
            ws = F.batch_norm(
                self.std.weight.reshape(1, 2, -1), None, None, training=True, momentum=0.0, eps=1e-6
            ).reshape_as(self.std.weight)
            o = self.gn(F.conv2d(o, ws, None, 1, 1))
            filt = torch.tensor([1.0, 2.0, 1.0], dtype=x.dtype)
            filt = filt[:, None] * filt[None, :]
            filt = filt / torch.sum(filt)
            o = F.conv2d(F.pad(o, (1, 1, 1, 1), "reflect"), filt[None, None].repeat(2, 1, 1, 1), stride=2, groups=2)
            return F.l1_loss(o, y)

    return M(), (torch.randn(2, 1, 4, 4), torch.randn(2, 2, 2, 2))


ZOO = {
    "YOLOX, GIoU and DFL": yolox_dfl,
    "deformable convolution": deform,
    "involution": involution,
    "CondConv": condconv,
}
