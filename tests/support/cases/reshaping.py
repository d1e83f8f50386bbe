"""The cases of excel_export/ops/reshaping.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import EXTREME, IMAGE, MATRIX, NUMBERS, PICTURE, ROW, Example, Extreme, randn


def reshape():
    yield Example("", lambda x: x.reshape(3, 2), MATRIX)
    yield Example("to fit", lambda x: x.reshape(2, -1) * 2, randn(3, 4))
    yield Example("tuple", lambda x: torch.reshape(x, (4, 3)), randn(3, 4))
    yield Example("view", lambda x: x.view(x.size(0), -1), IMAGE)
    yield Example("view tuple", lambda x: x.view((2, 6)), randn(3, 4))
    yield Example("view flat", lambda x: x.view(-1) * 2, randn(3, 4))
    yield Extreme("", lambda x: x.reshape(4, 3), EXTREME)


def flatten():
    yield Example("", lambda x: x.flatten(1), PICTURE)
    yield Example("random", lambda x: torch.flatten(x, 1), IMAGE)
    yield Example("module", nn.Flatten(), IMAGE)
    yield Example("middle", lambda x: x.flatten(1, 2) * 2, IMAGE)
    yield Extreme("", torch.flatten, EXTREME)


def squeeze():
    yield Example("", lambda x: x.squeeze(0), ROW)
    yield Example("all", lambda x: x.squeeze(), randn(1, 3, 1))
    yield Example("one", lambda x: torch.squeeze(x, 0), randn(1, 3, 1))
    yield Extreme("", lambda x: x[:, :1].squeeze(1), EXTREME)


def unsqueeze():
    yield Example("", lambda x: x.unsqueeze(0), ROW)
    yield Example("product", lambda x: x.unsqueeze(-1) * x, randn(3))
    yield Extreme("", lambda x: x.unsqueeze(0), EXTREME)


def expand():
    yield Example("", lambda x: x.expand(2, 3), ROW)
    yield Example("new dimension", lambda x: x.expand(3, -1, 2), randn(4, 1))
    yield Example("hundreds", lambda x: x.expand(300), randn(1))
    yield Extreme("", lambda x: x[:1].expand(3, -1), EXTREME)


def repeat():
    yield Example("", lambda x: x.repeat(2, 1), ROW)
    yield Example("both ways", lambda x: x.repeat(2, 3), randn(3, 2))
    yield Extreme("", lambda x: x.repeat(1, 2), EXTREME)


def clone():
    yield Example("", torch.clone, ROW)
    yield Example("contiguous", lambda x: x.permute(1, 0).contiguous().view(2, 6) * x.clone().sum(), randn(3, 4))
    yield Extreme("", torch.clone, NUMBERS, by_element=True)


def pad():
    yield Example("", lambda x: F.pad(x, (1, 0), value=0.5), ROW)
    yield Example("zeros", lambda x: F.pad(x, (1, 2)), randn(3, 4))
    yield Example("value", nn.ConstantPad2d((1, 0, 2, 1), -1.5), IMAGE)
    yield Example("empty", lambda x: F.pad(x, (0, 0)) * 2, randn(3, 4))
    yield Example("cropping", lambda x: F.pad(x, (-1, 1), value=3), randn(3, 4))
    yield Example("reflect", nn.ReflectionPad2d(2), IMAGE)
    yield Example("replicate", lambda x: F.pad(x, (2, 3), mode="replicate"), randn(2, 2, 3))
    yield Extreme("", lambda x: F.pad(x, (1, 2), value=-1e300), EXTREME)
