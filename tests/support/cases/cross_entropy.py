"""The cases of excel_export/ops/cross_entropy.py."""

from functools import partial

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
    SATURATED,
    TRUTH,
    Example,
    Extreme,
    randn,
)


def cross_entropy():
    loss, few, some = nn.CrossEntropyLoss, (randn(3, 4), LABELS), (randn(7, 4), torch.tensor([0, 1, 2, 3, 1, 0, 0]))
    wrong, right = torch.tensor([1, 2, 0]), torch.tensor([0, 1, 2])
    weight = CLASS_WEIGHT
    yield Example("", F.cross_entropy, ROW, LABEL)
    yield Example("random", F.cross_entropy, *few)
    yield Example("saturated", loss(), torch.tensor([[700.0, -700, 0]]), torch.tensor([1]))
    yield Example("far", loss(reduction="none"), SATURATED, wrong)
    yield Example("sure", loss(), SATURATED, right)
    yield Example("of one", F.cross_entropy, randn(4), torch.tensor(0))
    yield Example("sum", loss(reduction="sum"), *few)
    yield Example("large batch", loss(), randn(7, 3), torch.tensor([0, 1, 2, 2, 1, 0, 0]))
    yield Example("map", loss(), randn(2, 3, 2, 2), MAP_LABELS)
    yield Example("map none", loss(reduction="none"), randn(2, 3, 2, 2), MAP_LABELS)
    yield Example("weight", loss(weight), *few)
    yield Example("weight sum", loss(weight, reduction="sum"), *few)
    yield Example("smoothing", loss(label_smoothing=0.1), *few)
    yield Example("smoothing saturated", loss(label_smoothing=0.1, reduction="none"), SATURATED, wrong)
    yield Example("ignore_index", loss(ignore_index=3), *few)
    yield Example("weight and smoothing", loss(weight, label_smoothing=0.2), *few)
    yield Example("weight, smoothing, ignore_index", loss(weight, ignore_index=1, label_smoothing=0.2), *some)
    yield Example("label −100", loss(), randn(3, 4), torch.tensor([0, -100, 1]))
    smoothed = loss(weight, label_smoothing=0.2, reduction="none")
    yield Example("label −100 and more", smoothed, randn(3, 4), torch.tensor([0, -100, 1]))
    yield Example("map weight", smoothed, randn(2, 4, 2, 2), MAP_LABELS)
    yield Example("probabilities", F.cross_entropy, randn(3, 4), randn(3, 4).softmax(1))
    yield Example("probabilities, weight", loss(weight, label_smoothing=0.1), randn(3, 4), randn(3, 4).softmax(1))
    yield Extreme("", lambda x: F.cross_entropy(x, TRUTH, reduction="none"), LOGITS)
    yield Extreme("mean", lambda x: F.cross_entropy(x, TRUTH), LOGITS)
    softened = partial(F.cross_entropy, label_smoothing=0.1, reduction="none")
    yield Extreme("smoothing", lambda x: softened(x, TRUTH), LOGITS)
    yield Extreme("probabilities", F.cross_entropy, LOGITS, LOGITS.softmax(1), cancels=True)
