"""The cases of excel_export/ops/batch_norm.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import EXTREME, IMAGE, ROW, Example, Extreme, doubles, randn

_VARIANCE = doubles(1e-300, 0.0, 1e300)
# Channels of which PyTorch can still square the distances.
_SPREAD = doubles([1e150, 1e-160, 1e3], [-1e150, 1e-300, -700], [0, 1e-320, 0.5])
_OF_GROUPS = doubles([1e150, -1e150, 1e-160, 1e-300], [1e3, 1.0, -700.0, 0.5])
# From the first channel to the last, what running_mean, running_var, weight and bias are after training.
_SETTLED = ((-0.5, 0.7), (0.3, 2.0), (-1.0, 2.0), (0.1, 0.4))


def _train(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return F.batch_norm(x, None, None, w[0], w[1], training=True)


def _settled(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> nn.Module:
    """The module in eval mode, with numbers such as training leaves behind."""
    tensors = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    for tensor, (first, last) in zip(tensors, _SETTLED, strict=True):
        if tensor is not None:
            tensor.data = torch.linspace(first, last, norm.num_features)
    return norm.eval()


def group_norm():
    yield Example("", nn.GroupNorm(2, 4), torch.linspace(-1, 1, 4).reshape(1, 4) ** 2)
    yield Example("of images", lambda x, w: F.group_norm(x, 1, w[0], w[1]), IMAGE, randn(2, 3))
    yield Example("of sequences", lambda x, w: F.group_norm(x, 2, w, eps=0.1), randn(2, 6, 4), randn(6))
    yield Example("without weights", nn.GroupNorm(2, 4, affine=False), randn(3, 4))
    yield Example("each channel alone", nn.GroupNorm(3, 3), IMAGE)
    yield Extreme("", lambda x: F.group_norm(x, 2), _OF_GROUPS, cancels=True)


def batch_norm():
    yield Example("", nn.BatchNorm1d(3).eval(), ROW)
    yield Example("of images", _settled(nn.BatchNorm2d(3)), IMAGE)
    yield Example("of features", _settled(nn.BatchNorm1d(4)), randn(3, 4))
    yield Example("of sequences", _settled(nn.BatchNorm1d(3)), randn(2, 3, 4))
    yield Example("plain", _settled(nn.BatchNorm2d(3, eps=0.1, affine=False)), IMAGE)
    yield Example("in training", nn.BatchNorm1d(4), randn(5, 4))
    yield Example("in training, with learned weights", _train, IMAGE, randn(2, 3))
    yield Example("in training, of sequences", nn.BatchNorm1d(3, eps=0.1, affine=False), randn(2, 3, 4))
    yield Example("without running statistics", nn.BatchNorm2d(3, track_running_stats=False).eval(), IMAGE)
    yield Example("in training, of equal numbers", nn.BatchNorm1d(3), torch.ones(2, 3))
    yield Extreme("", lambda x, w: F.batch_norm(x, EXTREME[:, 0], _VARIANCE, w), EXTREME.T / 1e8, EXTREME[0, 1:])
    yield Extreme("in training", lambda x: F.batch_norm(x, None, None, training=True), _SPREAD, cancels=True)
