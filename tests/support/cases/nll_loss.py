"""The cases of excel_export/ops/nll_loss.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import (
    CLASS_WEIGHT,
    LABEL,
    LABELS,
    LOGITS,
    MAP_LABELS,
    ROW,
    TRUTH,
    Example,
    Extreme,
    randn,
)


def nll_loss():
    yield Example("", F.nll_loss, ROW, LABEL)
    yield Example("of probabilities", lambda x, y: F.nll_loss(F.log_softmax(x, 1), y), randn(3, 4), LABELS)
    yield Example("weight", nn.NLLLoss(CLASS_WEIGHT), randn(3, 4), LABELS)
    yield Example("ignore_index", nn.NLLLoss(CLASS_WEIGHT, ignore_index=3), randn(3, 4), LABELS)
    yield Example("label −100", F.nll_loss, randn(3, 4), torch.tensor([0, -100, 1]))
    yield Example("label −100, none", nn.NLLLoss(reduction="none"), randn(3, 4), torch.tensor([0, -100, 1]))
    yield Example("sum of a map", nn.NLLLoss(reduction="sum"), randn(2, 3, 2, 2), MAP_LABELS)
    yield Example("none", nn.NLLLoss(reduction="none"), randn(3, 4), LABELS)
    yield Example("of one", F.nll_loss, randn(4), torch.tensor(3))
    yield Extreme("", lambda x: F.nll_loss(x, TRUTH, reduction="none"), LOGITS)
