"""conv_transpose2d: an image that grows; each number puts down a stamp."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._numbers import EXTREME_IMAGE, MATRIX, randn
from excel_export.ops._transposed_convolution import TransposedConvolution


@operator(F.conv_transpose2d)
class conv_transpose2d(TransposedConvolution):
    """Transposed 2-D convolution of (N, C, H, W) or (C, H, W) with a weight of shape (C, O / groups, kH, kW)."""

    forward_math = "yₒ(p, q) = Σ w(c, o, u, v) · x(c, i, j) over all stamps that reach p, q, + bₒ"
    backward_math = "∂L/∂x(c, i, j) = Σ gₒ(p, q) · w(c, o, u, v) over its stamp,  ∂L/∂w(c, o, u, v) = Σ gₒ(p, q) · x(c, i, j) over all stamps,  ∂L/∂bₒ = Σ gₒ(p, q)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.ConvTranspose2d(1, 1, 2, stride=2), MATRIX[None, None])
        yield Example("two inputs", F.conv_transpose2d, randn(2, 3, 3, 4), randn(3, 2, 3, 2))
        yield Example("1x1", nn.ConvTranspose2d(3, 2, 1), randn(2, 3, 3, 2))
        yield Example("of one number", nn.ConvTranspose2d(3, 2, 3, bias=False), randn(2, 3, 1, 1))
        yield Example("as DCGAN", nn.ConvTranspose2d(3, 2, 4, 2, 1, bias=False), randn(1, 3, 3, 3))
        yield Example("everything", nn.ConvTranspose2d(4, 6, (3, 2), (3, 2), 1, 1, 2, dilation=(2, 1)),
                      randn(2, 4, 3, 4))  # fmt: skip
        yield Example("many channels", nn.ConvTranspose2d(14, 13, 2, stride=2, padding=1), randn(1, 14, 3, 3))
        yield Example("unbatched", nn.ConvTranspose2d(2, 3, 2), randn(2, 4, 3))
        weight = torch.tensor([[[[1e-300, 1.0], [-1e3, 0.0]]]], dtype=torch.float64)
        yield Extreme("", F.conv_transpose2d, EXTREME_IMAGE, weight, cancels=True)
