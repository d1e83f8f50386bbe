"""The cases of excel_export/ops/joining.py."""

import torch

from excel_export.ops.joining import merge_heads, split_heads
from tests.support.cases._example import EXTREME, NARROW, ROW, Example, Extreme, ramp, randn


def cat():
    yield Example("", lambda x, y: torch.cat((x, y), dim=1), ROW, ROW)
    yield Example("three", lambda x, y: torch.cat([x, y, x], dim=1), randn(3, 4), randn(3, 2))
    yield Example("negative dim", lambda x, y: torch.cat([x, y], -1), randn(3, 4), randn(3, 2))
    yield Extreme("", lambda x, y: torch.cat((x, y)), EXTREME, NARROW)


def stack():
    yield Example("", lambda x, y: torch.stack((x, y)), ROW, ROW)
    yield Example("three", lambda x, y: torch.stack((x, y, x), dim=1), randn(3, 4), randn(3, 4))
    yield Example("last", lambda x, y: torch.stack((x, y), -1), randn(3), randn(3) + 1)
    yield Extreme("", lambda x, y: torch.stack((x, y)), NARROW, NARROW + 1)


def heads():
    yield Example("", lambda x: split_heads(x, 2), ramp(2, 4))
    yield Example("of a batch", lambda x: split_heads(x, 2), randn(3, 2, 4))
    yield Example("keys of three", lambda x: split_heads(x, 2, 1, 3, "keys"), randn(3, 2, 12))
    yield Extreme("", lambda x: split_heads(x, 2), EXTREME)


def merged_heads():
    yield Example("", merge_heads, ramp(2, 2, 2))
    yield Example("of a batch", merge_heads, randn(2, 2, 3, 4))
    yield Extreme("", merge_heads, EXTREME[None])
