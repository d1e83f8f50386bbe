"""The cases of excel_export/ops/interpolate.py."""

import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import EXTREME, EXTREME_IMAGE, IMAGE, MATRIX, Example, Extreme, randn


def interpolate():
    yield Example("", nn.Upsample(4, mode="linear"), MATRIX[None])
    yield Example("nearest", nn.Upsample(scale_factor=2), randn(1, 2, 2, 3))
    yield Example("nearest, smaller", lambda x: F.interpolate(x, (4, 3)), IMAGE)
    yield Example("nearest-exact", lambda x: F.interpolate(x, scale_factor=1.5, mode="nearest-exact"), IMAGE)
    yield Example("bilinear", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), randn(1, 2, 3, 2))
    yield Example("corners aligned", nn.UpsamplingBilinear2d((4, 5)), randn(1, 2, 3, 2))
    yield Example("bicubic", lambda x: F.interpolate(x, (3, 5), mode="bicubic"), randn(1, 1, 4, 3))
    yield Example("area", lambda x: F.interpolate(x, (4, 2), mode="area"), IMAGE)
    yield Example("trilinear", lambda x: F.interpolate(x, 3, mode="trilinear"), randn(1, 1, 2, 2, 2))
    yield Example("antialias", lambda x: F.interpolate(x, 3, mode="bilinear", antialias=True), IMAGE)
    yield Extreme("", lambda x: F.interpolate(x, 3), EXTREME[None])
    yield Extreme("nearest of an image", lambda x: F.interpolate(x, scale_factor=2), EXTREME_IMAGE)
