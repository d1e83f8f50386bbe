"""The cases of excel_export/ops/binary_cross_entropy.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import CLASS_WEIGHT, FAR, NUMBERS, Example, Extreme, doubles, randn

_CHANCES = torch.tensor([[0.2, 0.7, 0.1]])
_FAR_TARGETS = doubles([1.0, 0, 1, 0.5, 1], [0, 1, 0, 0, 1])
_TARGETS = doubles([0.0, 1.0, 1.0], [0.3, 0.0, 0.9])
# How sure a target can be of a class.
_SURE = doubles(0.0, 0.3, 1.0)
_PROBABILITIES = doubles([0.0, 1.0, 0.5], [0.25, 1e-3, 0.999])
_NEAR_0_AND_1 = doubles(0.0, 1e-320, 1e-300, 1e-160, 1e-17, 1e-8, 0.5, 1 - 1e-5, 1.0)
_SHARES, _SHARES_WANTED = torch.cartesian_prod(_NEAR_0_AND_1, _SURE).T


def binary_cross_entropy():
    inside, weighing = _PROBABILITIES * 0.9 + 0.05, nn.BCELoss(CLASS_WEIGHT[:3].expand(2, 3), reduction="none")
    yield Example("", F.binary_cross_entropy, _CHANCES, _CHANCES)
    yield Example("random", nn.BCELoss(), inside, _TARGETS)
    yield Example("certain", lambda x: F.binary_cross_entropy(x.sigmoid(), _FAR_TARGETS, reduction="sum"), FAR)
    yield Example("impossible", lambda x: F.binary_cross_entropy(x, _TARGETS), _PROBABILITIES)
    yield Example("weight", weighing, inside, _TARGETS)
    yield Extreme("", lambda x: F.binary_cross_entropy(x, _SHARES_WANTED, reduction="none"), _SHARES)


def binary_cross_entropy_with_logits():
    weighing = nn.BCEWithLogitsLoss(CLASS_WEIGHT[:3], reduction="none", pos_weight=CLASS_WEIGHT[1:])
    yield Example("", F.binary_cross_entropy_with_logits, randn(1, 3), _CHANCES)
    yield Example("random", nn.BCEWithLogitsLoss(), randn(2, 3), _TARGETS)
    yield Example("saturated", nn.BCEWithLogitsLoss(reduction="sum"), FAR, _FAR_TARGETS)
    yield Example("weights", weighing, randn(2, 3), _TARGETS)
    logits, targets = torch.cartesian_prod(NUMBERS, _SURE).T
    yield Extreme("", nn.BCEWithLogitsLoss(reduction="none"), logits, targets, cancels=True)
