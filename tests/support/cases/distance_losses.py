"""The cases of excel_export/ops/distance_losses.py."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import BORDERS, IMAGE, PAIRS, ROW, Example, Extreme, randn


def _distance(loss):
    yield Example("", loss, ROW, ROW + 0.5)
    yield Example("random", loss, randn(3, 4), randn(3, 4) + 1)
    yield Example("of few", loss, randn(2), randn(2) + 1)
    yield Example("at zero", loss, torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 4, 0]))
    yield Example("sum", lambda x, y: loss(x, y, reduction="sum"), randn(3, 4), randn(3, 4) + 1)
    yield Example("none", lambda x, y: loss(x, y, reduction="none"), randn(3, 4), randn(3, 4) + 1)
    yield Extreme("", lambda x, y: loss(x, y, reduction="none"), *PAIRS, by_element=True)


l1_loss = partial(_distance, F.l1_loss)


def mse_loss():
    yield from _distance(F.mse_loss)
    yield Example("of images", F.mse_loss, IMAGE, IMAGE.flip(0))


def huber_loss():
    yield from _distance(F.huber_loss)
    yield Example("delta", nn.HuberLoss(delta=0.7), randn(3, 4), randn(3, 4) + 1)
    yield Example("at delta", nn.HuberLoss(reduction="none"), torch.tensor([1.0, -1, 2]), torch.zeros(3))
    yield Extreme("delta", nn.HuberLoss(reduction="none", delta=0.7), *PAIRS, by_element=True)


def smooth_l1_loss():
    yield from _distance(F.smooth_l1_loss)
    yield Example("both sides", nn.SmoothL1Loss(), torch.tensor([1.0, 2, 3, 0.5]), torch.tensor([1.0, 4, 2, 0]))
    yield Example("beta", nn.SmoothL1Loss(reduction="sum", beta=0.3), randn(3, 4), randn(3, 4) + 0.5)
    yield Example("beta 0", lambda x, y: F.smooth_l1_loss(x, y, beta=0), BORDERS, torch.zeros(1, 4))
    yield Extreme("beta", nn.SmoothL1Loss(reduction="none", beta=0.3), *PAIRS, by_element=True)
