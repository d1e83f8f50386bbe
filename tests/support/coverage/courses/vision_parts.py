"""Parts of networks for pictures, and their losses."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def cbam() -> Made:
    """Jongchan/attention-module and BangguWu/ECANet."""

    class ECA(nn.Module):
        def __init__(self, k=3):
            super().__init__()
            self.avg_pool = nn.AdaptiveAvgPool2d(1)
            self.conv = nn.Conv1d(1, 1, k, padding=(k - 1) // 2, bias=False)

        def forward(self, x):
            y = self.avg_pool(x)
            y = self.conv(y.squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
            return x * y.sigmoid().expand_as(x)

    class CBAM(nn.Module):
        def __init__(self):
            super().__init__()
            self.mlp = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 4))
            self.conv = nn.Conv2d(2, 1, 3, padding=1, bias=False)
            self.bn = nn.BatchNorm2d(1)

        def forward(self, x):
            s = None
            for pool in ["avg", "max"]:
                p = (
                    F.avg_pool2d(x, (x.size(2), x.size(3)), stride=(x.size(2), x.size(3)))
                    if pool == "avg"
                    else F.max_pool2d(x, (x.size(2), x.size(3)), stride=(x.size(2), x.size(3)))
                )
                s = self.mlp(p) if s is None else s + self.mlp(p)
            x = x * torch.sigmoid(s).unsqueeze(2).unsqueeze(3).expand_as(x)
            c = torch.cat((torch.max(x, 1)[0].unsqueeze(1), torch.mean(x, 1).unsqueeze(1)), dim=1)
            return x * torch.sigmoid(self.bn(self.conv(c)))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.fc = ECA(), CBAM(), nn.Linear(4, 2)

        def forward(self, x, y):
            return F.cross_entropy(self.fc(self.b(self.a(x)).mean([2, 3])), y)

    return M(), (torch.randn(2, 4, 3, 3), torch.tensor([0, 1]))


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


def lovasz() -> Made:
    """bermanmaxim/LovaszSoftmax and others: sorted errors."""

    def lovasz_grad(gt_sorted):
        p = len(gt_sorted)
        gts = gt_sorted.sum()
        inter = gts - gt_sorted.float().cumsum(0)
        union = gts + (1 - gt_sorted).float().cumsum(0)
        j = 1.0 - inter / union
        if p > 1:
            j[1:p] = j[1:p] - j[0:-1]
        return j

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, x, labels):
            logits = self.conv(x).view(-1)
            y = labels.view(-1)
            pr = torch.sigmoid(logits)
            TP, FP, FN = (pr * y).sum(), ((1 - y) * pr).sum(), (y * (1 - pr)).sum()
            tversky = (TP + 1) / (TP + 0.3 * FP + 0.7 * FN + 1)
            dice = 1 - (2.0 * TP + 1) / (pr.sum() + y.sum() + 1)
            bce = F.binary_cross_entropy(pr, y, reduction="none")
            focal = (0.25 * (1 - torch.exp(-bce)) ** 2 * bce).mean()
            errors = 1.0 - logits * (2.0 * y.float() - 1.0)
            es, perm = torch.sort(errors, dim=0, descending=True)
            perm = perm.data
            lov = torch.dot(F.relu(es), lovasz_grad(y[perm]))
            return dice + (1 - tversky) ** 0.75 + focal + lov

    return M(), (torch.randn(1, 1, 3, 3), torch.tensor([[[[1.0, 0, 1], [0, 0, 1], [1, 1, 0]]]]))


def capsules() -> Made:
    """Dynamic routing by agreement."""

    def squash(s, dim=-1):
        n2 = (s**2).sum(dim, keepdim=True)
        return n2 / (1 + n2) * s / (n2.sqrt() + 1e-8)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.W = nn.Parameter(0.5 * torch.randn(1, 3, 2, 4, 2))

        def forward(self, u, y):
            u_hat = torch.matmul(self.W, u[:, :, None, :, None]).squeeze(-1)
            temp = u_hat.detach()
            b = torch.zeros(u.size(0), 3, 2, 1)
            for _r in range(2):
                c = b.softmax(dim=2)
                s = (c * temp).sum(dim=1)
                v = squash(s)
                b += torch.matmul(temp.transpose(1, 2), v.unsqueeze(-1)).transpose(1, 2)
            v = squash((b.softmax(2) * u_hat).sum(1))
            p = v.norm(dim=-1)
            T = F.one_hot(y, 2).type(torch.float32)
            return (T * F.relu(0.9 - p).pow(2) + 0.5 * (1 - T) * F.relu(p - 0.1) ** 2).sum(1).mean()

    return M(), (torch.randn(2, 3, 2), torch.tensor([0, 1]))


def grad_cam() -> Made:
    """What a hook has kept, and its gradient, as a part of the loss."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 2, 3, padding=1), nn.Linear(2, 2)
            self.features = {}
            self.conv.register_forward_hook(self.keep)

        def keep(self, model, input, output):
            self.features["conv"] = output

        def forward(self, x, y):
            logits = self.fc(F.relu(self.conv(x)).mean((2, 3)))
            A = self.features.pop("conv")
            s = logits.gather(1, y[:, None]).sum()
            g = torch.autograd.grad(s, A, create_graph=True)[0]
            w = g.mean((2, 3), keepdim=True)
            cam = F.relu((w * A).sum(1))
            cam = cam / (cam.amax((1, 2), keepdim=True) + 1e-5)
            return F.cross_entropy(logits, y) + 0.1 * cam.mean()

    return M(), (torch.randn(2, 1, 3, 3), torch.tensor([0, 1]))


ZOO = {
    "CBAM and ECA": cbam,
    "YOLO, CIoU": ciou,
    "Lovász, Tversky, focal and Dice losses": lovasz,
    "capsules": capsules,
    "Grad-CAM": grad_cam,
}
