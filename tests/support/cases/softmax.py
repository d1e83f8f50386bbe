"""The cases of excel_export/ops/softmax.py."""

import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import IMAGE, LOGITS, ROW, SATURATED, Example, Extreme, randn
from tests.support.cases._families import functions_of


def _softmax(function):
    _, second, *_, method = functions_of(function)
    yield Example("", lambda x: method(x, 1), ROW)
    yield Example("random", lambda x: function(x, dim=1), randn(3, 4))
    yield Example("saturated", lambda x: method(x, -1), SATURATED)
    yield Example("of one", lambda x: second(x, 1), randn(3, 1))
    yield Example("first dim", lambda x: method(x, 0), randn(3, 4))
    yield Example("channels", lambda x: function(x, -3), IMAGE)
    yield Example("rows", lambda x: method(x, -2), randn(2, 3, 4))


def softmax():
    yield from _softmax(F.softmax)
    yield Example("vector", nn.Softmax(dim=0), randn(7))
    yield Extreme("", lambda x: x.softmax(1), LOGITS, cancels=True)
    yield Extreme("down", lambda x: x.softmax(0), LOGITS, cancels=True)


def log_softmax():
    yield from _softmax(F.log_softmax)
    yield Example("vector", nn.LogSoftmax(dim=0), randn(7))
    yield Extreme("", lambda x: x.log_softmax(1), LOGITS[:9], cancels=True)
