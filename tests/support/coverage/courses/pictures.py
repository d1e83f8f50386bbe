"""Networks of pictures: parts of them, and what finds things in pictures."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def unet() -> Made:
    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = self.block(1, 2)
            self.middle = self.block(2, 4)
            self.up = nn.ConvTranspose2d(4, 2, 2, stride=2)
            self.last = self.block(4, 2)
            self.out = nn.Conv2d(2, 2, 1)

        @staticmethod
        def block(before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True))

        def forward(self, x, mask):
            left = self.down(x)
            x = self.up(self.middle(F.max_pool2d(left, 2)))
            return F.cross_entropy(self.out(self.last(torch.cat((left, x), 1))), mask)

    return UNet(), (torch.randn(1, 1, 4, 4), torch.randint(2, (1, 4, 4)))


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


def style() -> Made:
    """rosinality/stylegan2-pytorch: a convolution that each style scales, blur, spread within a batch."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(1, 2, 2, 3, 3))
            self.mod = nn.Linear(3, 2)
            self.scale = 1 / math.sqrt(18)
            self.noise = nn.Parameter(torch.zeros(1))
            self.out = nn.Conv2d(3, 1, 1)
            k = torch.tensor([1.0, 3, 3, 1])
            self.register_buffer("kernel", k[None, :] * k[:, None] / 64)

        def forward(self, x, w, n):
            w = w * torch.rsqrt(torch.mean(w**2, dim=1, keepdim=True) + 1e-8)
            b, c, h, ww = x.shape
            st = self.mod(w).view(b, 1, c, 1, 1)
            W = self.scale * self.weight * st
            W = W * torch.rsqrt(W.pow(2).sum([2, 3, 4]) + 1e-8).view(b, 2, 1, 1, 1)
            o = F.conv2d(x.view(1, b * c, h, ww), W.view(b * 2, c, 3, 3), padding=1, groups=b).view(b, 2, h, ww)
            o = F.leaky_relu(o + self.noise * n, 0.2) * 2**0.5
            o = F.conv2d(F.pad(o, (2, 1, 2, 1)).view(-1, 1, h + 3, ww + 3), self.kernel[None, None]).view(b, 2, h, ww)
            s = o.view(2, -1, 1, 2, h, ww)
            s = (
                torch.sqrt(s.var(0, unbiased=False) + 1e-8)
                .mean([2, 3, 4], keepdims=True)
                .squeeze(2)
                .repeat(2, 1, h, ww)
            )
            return F.softplus(-self.out(torch.cat([o, s], 1))).mean()

    return M(), (torch.randn(2, 2, 3, 3), torch.randn(2, 3), torch.randn(2, 1, 3, 3))


def ciou() -> Made:
    """ultralytics/yolov5's loss of boxes, with a factor that takes no gradient."""

    def bbox_iou(box1, box2, eps=1e-7):
        (x1, y1, w1, h1), (x2, y2, w2, h2) = box1.chunk(4, -1), box2.chunk(4, -1)
        b1_x1, b1_x2, b1_y1, b1_y2 = x1 - w1 / 2, x1 + w1 / 2, y1 - h1 / 2, y1 + h1 / 2
        b2_x1, b2_x2, b2_y1, b2_y2 = x2 - w2 / 2, x2 + w2 / 2, y2 - h2 / 2, y2 + h2 / 2
        inter = (b1_x2.minimum(b2_x2) - b1_x1.maximum(b2_x1)).clamp(0) * (
            b1_y2.minimum(b2_y2) - b1_y1.maximum(b2_y1)
        ).clamp(0)
        union = w1 * h1 + w2 * h2 - inter + eps
        iou = inter / union
        cw, ch = b1_x2.maximum(b2_x2) - b1_x1.minimum(b2_x1), b1_y2.maximum(b2_y2) - b1_y1.minimum(b2_y1)
        c2 = cw**2 + ch**2 + eps
        rho2 = ((b2_x1 + b2_x2 - b1_x1 - b1_x2) ** 2 + (b2_y1 + b2_y2 - b1_y1 - b1_y2) ** 2) / 4
        v = (4 / math.pi**2) * (torch.atan(w2 / h2) - torch.atan(w1 / h1)).pow(2)
        with torch.no_grad():
            alpha = v / (v - iou + (1 + eps))
        return iou - (rho2 / c2 + v * alpha)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Conv2d(2, 7, 1)
            self.register_buffer("anchors", torch.tensor([[1.0, 1.5]]))
            self.bce = nn.BCEWithLogitsLoss()

        def forward(self, f, box, cls, obj):
            p = self.head(f).permute(0, 2, 3, 1).flatten(0, 2)
            pxy = p[:, :2].sigmoid() * 2 - 0.5
            pwh = (p[:, 2:4].sigmoid() * 2) ** 2 * self.anchors
            iou = bbox_iou(torch.cat((pxy, pwh), 1), box).squeeze()
            tobj = torch.zeros_like(p[:, 4])
            tobj += obj * iou.detach().clamp(0).type(tobj.dtype)
            t = torch.full_like(p[:, 5:], 0.05)
            t[range(4), cls] = 0.95
            return 0.05 * (1 - iou).mul(obj).mean() + self.bce(p[:, 4], tobj) + 0.5 * self.bce(p[:, 5:], t)

    return M(), (
        torch.randn(1, 2, 2, 2),
        torch.rand(4, 4) + 0.3,
        torch.tensor([0, 1, 1, 0]),
        torch.tensor([1.0, 0, 1, 0]),
    )


def detr() -> Made:
    """facebookresearch/detr: losses of a matching, of all layers, in dicts."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.query_embed = nn.Embedding(3, 4)
            self.tr = nn.Transformer(4, 2, 1, 2, 6, dropout=0.0, batch_first=True)
            self.cls, self.box = nn.Linear(4, 3), nn.Linear(4, 4)
            ew = torch.ones(3)
            ew[-1] = 0.1
            self.register_buffer("empty_weight", ew)

        def forward(self, x, labels, boxes, indices=((0, 2), (1, 0))):
            hs = self.tr(x, self.query_embed.weight.unsqueeze(0).repeat(len(x), 1, 1))
            out = {"pred_logits": self.cls(hs), "pred_boxes": self.box(hs).sigmoid()}
            out["aux_outputs"] = [
                {"pred_logits": a, "pred_boxes": b}
                for a, b in zip(out["pred_logits"][None], out["pred_boxes"][None], strict=True)
            ]
            losses = {}
            for k, o in {"": out, **{f"_{i}": a for i, a in enumerate(out["aux_outputs"])}}.items():
                src, tgt = indices
                tc = torch.full(o["pred_logits"].shape[:2], 2, dtype=torch.int64)
                tc[0, list(src)] = labels[0, list(tgt)]
                losses["ce" + k] = F.cross_entropy(o["pred_logits"].transpose(1, 2), tc, self.empty_weight)
                sb, tb = o["pred_boxes"][0, list(src)], boxes[0, list(tgt)]
                losses["l1" + k] = F.l1_loss(sb, tb, reduction="none").sum() / 2
                xy = lambda b: torch.stack(
                    [
                        b[..., 0] - 0.5 * b[..., 2],
                        b[..., 1] - 0.5 * b[..., 3],
                        b[..., 0] + 0.5 * b[..., 2],
                        b[..., 1] + 0.5 * b[..., 3],
                    ],
                    dim=-1,
                )
                p, q = xy(sb), xy(tb)
                area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
                lt, rb = torch.max(p[:, None, :2], q[:, :2]), torch.min(p[:, None, 2:], q[:, 2:])
                wh = (rb - lt).clamp(min=0)
                inter = wh[:, :, 0] * wh[:, :, 1]
                union = area(p)[:, None] + area(q) - inter
                lt, rb = torch.min(p[:, None, :2], q[:, :2]), torch.max(p[:, None, 2:], q[:, 2:])
                A = (rb - lt).clamp(min=0).prod(-1)
                losses["giou" + k] = (1 - torch.diag(inter / union - (A - union) / A)).sum() / 2
            wd = {"ce": 1, "l1": 5, "giou": 2}
            return sum(losses[k] * wd[k.split("_")[0]] for k in losses)

    return M(), (
        torch.randn(1, 2, 4),
        torch.tensor([[0, 1]]),
        torch.tensor([[[0.5, 0.5, 0.4, 0.3], [0.2, 0.3, 0.2, 0.2]]]),
    )


ZOO = {
    "U-Net": unet,
    "spatial transformer": stn,
    "involution": involution,
    "ConvNeXt V2": convnextv2,
    "StyleGAN2": style,
    "YOLO, CIoU": ciou,
    "DETR": detr,
}
