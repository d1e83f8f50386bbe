"""conv3d: a small filter slides through a volume; each stop is a weighted sum."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._convolution import Convolution
from excel_export.ops._numbers import EXTREME_IMAGE, ramp, randn


@operator(F.conv3d)
class conv3d(Convolution):
    """3-D convolution of (N, C, D, H, W) or (C, D, H, W) with a weight of shape (O, C / groups, kD, kH, kW)."""

    forward_math = "yₒ(i, j, k) = Σ w(o, c, u, v, t) · x(c, i + u, j + v, k + t) + bₒ"
    backward_math = "∂L/∂x(c, p, q, r) = Σ gₒ(p − u, q − v, r − t) · w(o, c, u, v, t),  ∂L/∂w(o, c, u, v, t) = Σ gₒ(i, j, k) · x(c, i + u, j + v, k + t),  ∂L/∂bₒ = Σ gₒ(i, j, k)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.Conv3d(1, 1, 2), ramp(1, 1, 3, 3, 3))
        yield Example("two inputs", F.conv3d, randn(2, 2, 3, 4, 3), randn(3, 2, 2, 3, 2))
        yield Example("1x1x1", nn.Conv3d(2, 3, 1), randn(1, 2, 2, 3, 2))
        yield Example("stride", nn.Conv3d(2, 2, 2, stride=(1, 2, 2)), randn(1, 2, 3, 5, 4))
        yield Example("padding 'same'", nn.Conv3d(2, 2, (2, 3, 3), padding="same"), randn(1, 2, 2, 3, 3))
        yield Example("everything", nn.Conv3d(4, 4, (3, 2, 2), (2, 1, 1), (1, 2, 1), (1, 2, 1), groups=2),
                      randn(1, 4, 4, 4, 3))  # fmt: skip
        yield Example("unbatched", nn.Conv3d(2, 3, 2, padding=1), randn(2, 2, 3, 2))
        yield Example("many channels", nn.Conv3d(13, 13, 2), randn(1, 13, 2, 2, 3))
        weight = torch.tensor([1e-300, 1.0, -1e3, 0.0], dtype=torch.float64).reshape(1, 1, 1, 2, 2)
        yield Extreme("", F.conv3d, EXTREME_IMAGE[:, None], weight)
