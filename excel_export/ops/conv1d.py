"""conv1d: a small filter slides along a sequence; each stop is a weighted sum."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._convolution import Convolution
from excel_export.ops._numbers import EXTREME, MATRIX, randn


@operator(F.conv1d)
class conv1d(Convolution):
    """1-D convolution of (N, C, L) or (C, L) with a weight of shape (O, C / groups, k)."""

    forward_math = "yₒ(i) = Σ w(o, c, u) · x(c, i + u) + bₒ"
    backward_math = "∂L/∂x(c, p) = Σ gₒ(p − u) · w(o, c, u),  ∂L/∂w(o, c, u) = Σ gₒ(i) · x(c, i + u),  ∂L/∂bₒ = Σ gₒ(i)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.Conv1d(2, 1, 2), MATRIX)
        yield Example("two inputs", F.conv1d, randn(2, 3, 6), randn(4, 3, 2))
        yield Example("1", nn.Conv1d(3, 2, 1), randn(2, 3, 4))
        yield Example("whole sequence", nn.Conv1d(3, 2, 4, bias=False), randn(2, 3, 4))
        yield Example("stride", nn.Conv1d(3, 2, 2, stride=3), randn(2, 3, 9))
        yield Example("padding", nn.Conv1d(3, 2, 3, padding=2), randn(2, 3, 4))
        yield Example("padding 'same'", nn.Conv1d(3, 2, 4, padding="same"), randn(2, 3, 5))
        yield Example("dilation", nn.Conv1d(3, 2, 2, dilation=3), randn(2, 3, 6))
        yield Example("groups", nn.Conv1d(4, 6, 3, groups=2), randn(2, 4, 5))
        yield Example("everything", nn.Conv1d(4, 8, 3, 2, 1, 2, groups=4), randn(2, 4, 9))
        yield Example("many channels", nn.Conv1d(14, 15, 3, padding=1), randn(2, 14, 4))
        yield Example("padding mode", nn.Conv1d(3, 2, 3, padding=1, padding_mode="reflect"), randn(2, 3, 5))
        yield Extreme("", F.conv1d, EXTREME, torch.tensor([[[1e-300, -1e3], [1.0, 0], [0, 0.5]]], dtype=torch.float64))
