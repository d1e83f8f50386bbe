"""conv2d: a small filter slides over the image; each stop is a weighted sum."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._convolution import Convolution
from excel_export.ops._numbers import EXTREME_IMAGE, IMAGE, PICTURE, randn


@operator(F.conv2d)
class conv2d(Convolution):
    """2-D convolution of (N, C, H, W) or (C, H, W) with a weight of shape (O, C / groups, kH, kW)."""

    forward_math = "yₒ(i, j) = Σ w(o, c, u, v) · x(c, i + u, j + v) + bₒ"
    backward_math = "∂L/∂x(c, p, q) = Σ gₒ(p − u, q − v) · w(o, c, u, v),  ∂L/∂w(o, c, u, v) = Σ gₒ(i, j) · x(c, i + u, j + v),  ∂L/∂bₒ = Σ gₒ(i, j)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.Conv2d(1, 1, 2), PICTURE)
        yield Example("two inputs", F.conv2d, IMAGE, randn(4, 3, 3, 2))
        yield Example("module", nn.Conv2d(3, 4, 3), IMAGE)
        yield Example("1x1", nn.Conv2d(3, 4, 1), IMAGE)
        yield Example("no bias", nn.Conv2d(3, 2, (3, 2), bias=False), IMAGE)
        yield Example("whole image", nn.Conv2d(3, 4, (6, 5)), IMAGE)
        yield Example("stride", nn.Conv2d(3, 4, 3, stride=2), IMAGE)
        yield Example("padding", nn.Conv2d(3, 4, 3, padding=2), IMAGE)
        yield Example("padding 'same'", nn.Conv2d(3, 2, (2, 3), padding="same", dilation=(1, 2)), IMAGE)
        yield Example("padding 'valid'", nn.Conv2d(3, 2, 2, padding="valid"), IMAGE)
        yield Example("dilation", nn.Conv2d(3, 4, 2, dilation=(3, 2)), IMAGE)
        yield Example("groups", nn.Conv2d(4, 6, 3, groups=2), randn(2, 4, 5, 5))
        yield Example("everything", nn.Conv2d(4, 8, (3, 2), (2, 1), (1, 2), (1, 2), groups=4), randn(1, 4, 7, 6))
        yield Example("unbatched", nn.Conv2d(3, 4, 2, stride=2, padding=1), IMAGE[0])
        yield Example("unbatched, many channels", nn.Conv2d(13, 14, 2, padding=1), randn(13, 3, 3))
        yield Example("padding mode", nn.Conv2d(3, 2, 3, padding=1, padding_mode="circular"), IMAGE)
        yield Extreme("", F.conv2d, EXTREME_IMAGE, torch.tensor([[[[1e-300, 1.0], [-1e3, 0.0]]]], dtype=torch.float64))
