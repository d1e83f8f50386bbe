"""The cases of excel_export/ops/normalisation.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import IMAGE, ROW, Example, Extreme, doubles, randn

# Rows of which PyTorch can still square the numbers.
_SPREAD = doubles([1e150, -1e150, 0.0, 1e140], [1e-300, -1e-160, 0.0, 1e-320], [1e3, 1.0, -700.0, 0.5])
_FLAT = doubles([1e4, 1e4 + 1, 1e4, 1e4])


def layer_norm():
    yield Example("", nn.LayerNorm(3), ROW)
    yield Example("random", lambda x: F.layer_norm(x, (4,), randn(4), randn(4) * 2), randn(3, 4))
    yield Example("with learned weights", lambda x, w: F.layer_norm(x, (4,), w[0], w[1]), randn(3, 4), randn(2, 4))
    yield Example("of a sequence", lambda x, w: F.layer_norm(x, (6,), w, eps=0.1), randn(2, 5, 6), randn(6))
    yield Example("without weights", lambda x: F.layer_norm(x, (4,)), randn(2, 3, 4))
    yield Example("without bias", nn.LayerNorm(6, bias=False), randn(3, 6))
    yield Example("over several dimensions", nn.LayerNorm((3, 6, 5)), IMAGE)
    yield Example("of a vector", nn.LayerNorm(7), randn(7))
    yield Example("of equal numbers", nn.LayerNorm(3), torch.ones(2, 3))
    yield Example("of one", nn.LayerNorm(1), randn(3, 1))
    yield Example("all arguments", lambda x: torch.layer_norm(x, [4], None, None, 1e-3, False), randn(3, 4))
    yield Extreme("", lambda x: F.layer_norm(x, (4,)), torch.cat((_SPREAD, _FLAT)), cancels=True)


def rms_norm():
    yield Example("", nn.RMSNorm(3), ROW)
    yield Example("with learned weights", lambda x, w: F.rms_norm(x, (4,), w, 1e-3), randn(3, 4), randn(4))
    yield Example("of a sequence", lambda x: F.rms_norm(x, (6,)), randn(2, 5, 6))
    yield Example("over several dimensions", nn.RMSNorm((3, 4)), randn(2, 3, 4))
    yield Example("of a vector", nn.RMSNorm(7, eps=0.1), randn(7))
    yield Extreme("", lambda x: F.rms_norm(x, (4,), eps=1e-5), _SPREAD, cancels=True)
