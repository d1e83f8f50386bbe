"""conv_transpose1d: a sequence that grows; each number puts down a stamp."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._numbers import EXTREME, ROW, randn
from excel_export.ops._transposed_convolution import TransposedConvolution


@operator(F.conv_transpose1d)
class conv_transpose1d(TransposedConvolution):
    """Transposed 1-D convolution of (N, C, L) or (C, L) with a weight of shape (C, O / groups, k)."""

    forward_math = "yₒ(p) = Σ w(c, o, u) · x(c, i) over all stamps that reach p, + bₒ"
    backward_math = "∂L/∂x(c, i) = Σ gₒ(p) · w(c, o, u) over its stamp,  ∂L/∂w(c, o, u) = Σ gₒ(p) · x(c, i) over all stamps,  ∂L/∂bₒ = Σ gₒ(p)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.ConvTranspose1d(1, 1, 2, stride=2), ROW[None])
        yield Example("two inputs", F.conv_transpose1d, randn(2, 3, 4), randn(3, 2, 3))
        yield Example("everything", nn.ConvTranspose1d(4, 6, 3, 3, 1, 2, 2, dilation=2), randn(2, 4, 4))
        yield Example("many channels", nn.ConvTranspose1d(14, 13, 2, bias=False), randn(1, 14, 3))
        yield Example("unbatched", nn.ConvTranspose1d(2, 3, 2), randn(2, 4))
        yield Extreme("", F.conv_transpose1d, EXTREME, torch.tensor([[[1e-300, -1e3]], [[1, 0]], [[0, 0.5]]]).double())
