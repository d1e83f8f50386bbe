"""conv_transpose3d: a volume that grows; each number puts down a stamp."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._numbers import EXTREME_IMAGE, ramp, randn
from excel_export.ops._transposed_convolution import TransposedConvolution


@operator(F.conv_transpose3d)
class conv_transpose3d(TransposedConvolution):
    """Transposed 3-D convolution of (N, C, D, H, W) with a weight of shape (C, O / groups, kD, kH, kW)."""

    forward_math = "yₒ(p, q, r) = Σ w(c, o, u, v, t) · x(c, i, j, k) over all stamps that reach p, q, r, + bₒ"
    backward_math = "∂L/∂x(c, i, j, k) = Σ gₒ(p, q, r) · w(c, o, u, v, t) over its stamp,  ∂L/∂w(c, o, u, v, t) = Σ gₒ(p, q, r) · x(c, i, j, k) over all stamps,  ∂L/∂bₒ = Σ gₒ(p, q, r)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.ConvTranspose3d(1, 1, 2), ramp(1, 1, 2, 2, 2))
        yield Example("two inputs", F.conv_transpose3d, randn(1, 2, 2, 3, 2), randn(2, 2, 2, 2, 1))
        yield Example("everything", nn.ConvTranspose3d(2, 4, (2, 3, 2), (1, 2, 1), (1, 1, 0), (0, 1, 0), 2),
                      randn(1, 2, 3, 3, 2))  # fmt: skip
        yield Example("many channels", nn.ConvTranspose3d(13, 13, (1, 2, 2)), randn(1, 13, 1, 2, 2))
        yield Example("unbatched", nn.ConvTranspose3d(2, 1, 2, stride=2), randn(2, 2, 2, 2))
        weight = torch.tensor([1e-300, 1.0, -1e3, 0.0], dtype=torch.float64).reshape(1, 1, 1, 2, 2)
        yield Extreme("", F.conv_transpose3d, EXTREME_IMAGE[:, None], weight, cancels=True)
