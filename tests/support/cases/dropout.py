"""The cases of excel_export/ops/dropout.py."""

import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import NUMBERS, ROW, Example, Extreme, randn


def dropout():
    yield Example("", lambda x: F.dropout(x, 0.5, training=False), ROW)
    yield Example("module", nn.Dropout(0.5).eval(), randn(3, 4))
    yield Example("function", lambda x: F.dropout(x * 2, training=False), randn(3, 4))
    yield Example("of nothing", lambda x: F.dropout(x, 0.0) * 2, randn(3, 4))
    yield Example("in training", nn.Dropout(0.3), randn(3, 4))
    yield Example("of everything", lambda x: F.dropout(x, 1.0) + x, randn(3, 4))
    yield Example("in place", lambda x: F.dropout(x * 2, 0.4, inplace=True).exp(), randn(3, 4))
    yield Example("of channels", lambda x: F.dropout2d(x, 0.4), randn(2, 3, 2, 2))
    yield Example("of channels without a batch", lambda x: F.dropout1d(x, 0.4), randn(4, 3))
    yield Example("alpha", lambda x: F.alpha_dropout(x, 0.4, training=True), randn(3, 4))
    yield Example("alpha of channels", nn.FeatureAlphaDropout(0.4), randn(2, 3, 2, 2))
    yield Extreme("", lambda x: F.dropout(x, training=False), NUMBERS, by_element=True)
