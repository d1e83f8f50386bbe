"""The cases of excel_export/ops/parts.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import EXTREME, EXTREME_IMAGE, IMAGE, MATRIX, PICTURE, ROW, Example, Extreme, randn


def split():
    yield Example("", lambda x: x.split((1, 2), dim=1)[1], ROW)
    yield Example("product", lambda x: (parts := torch.split(x, [3, 1], dim=1))[0][:, :1] * parts[1], randn(3, 4))
    yield Example("evenly", lambda x: x.split(2)[1], randn(5, 2))
    yield Extreme("", lambda x: x.split(2, 1)[1], EXTREME)


def chunk():
    yield Example("", lambda x: x.chunk(3, dim=1)[2], ROW)
    yield Example("product", lambda x: (parts := x.chunk(2, dim=1))[0] * parts[1], randn(3, 4))
    yield Example("one part unused", lambda x: torch.chunk(x, 3, -1)[1], randn(3, 7))
    yield Extreme("", lambda x: x.chunk(2)[0], EXTREME)


def unbind():
    yield Example("", lambda x: x.unbind(1)[2], ROW)
    yield Example("product", lambda x: x.unbind(1)[0] * torch.unbind(x, 1)[2], randn(3, 4))
    yield Extreme("", lambda x: x.unbind(1)[0], EXTREME)


def narrow():
    yield Example("", lambda x: x.narrow(1, 1, 2), ROW)
    yield Example("random", lambda x: x.narrow(1, 1, 2), randn(3, 4))
    yield Extreme("", lambda x: x.narrow(1, 1, 2), EXTREME)


def select():
    yield Example("", lambda x: x.select(1, 2), ROW)
    yield Example("last", lambda x: x.select(1, -1), randn(3, 4))
    yield Extreme("", lambda x: x.select(1, 0), EXTREME)


def unfold():
    yield Example("", nn.Unfold(2), PICTURE)
    yield Example("everything", nn.Unfold((2, 3), (1, 2), (1, 0), (2, 1)), IMAGE)
    yield Example("unbatched", nn.Unfold(2, padding=1), IMAGE[0])
    yield Extreme("", lambda x: F.unfold(x, 2), EXTREME_IMAGE)


def transpose():
    yield Example("", lambda x: x.T, MATRIX)
    yield Example("images", lambda x: x.transpose(-1, 1), IMAGE)
    yield Example("T", lambda x: x.T @ x, randn(3, 4))
    yield Example("mT", lambda x: x.mT * 2, randn(2, 3, 4))
    yield Example("t", lambda x: x.t(), randn(3, 4))
    yield Extreme("", lambda x: x.T, EXTREME)


def permute():
    yield Example("", lambda x: x.permute(1, 0), MATRIX)
    yield Example("images", lambda x: x.permute(0, 2, 3, 1) * 2, IMAGE)
    yield Example("vector", lambda x: x.permute(0) * 2, randn(3))
    yield Example("function", lambda x: torch.permute(x, (1, 0)), randn(3, 4))
    yield Extreme("", lambda x: x.permute(1, 0), EXTREME)


def flip():
    yield Example("", lambda x: x.flip(1), ROW)
    yield Example("both ways", lambda x: x.flip(0, 1), randn(3, 4))
    yield Extreme("", lambda x: x.flip(1), EXTREME)
