"""The cases of excel_export/ops/embedding.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import EXTREME, MATRIX, Example, Extreme, randn


def embedding():
    yield Example("", lambda x, y: F.embedding(y, x), MATRIX, torch.tensor([0, 1]))
    yield Example("of sequences", nn.Embedding(5, 3), torch.tensor([[0, 4], [4, 4]]))
    yield Example("of one", nn.Embedding(5, 3), torch.tensor(2))
    yield Example("sparse", lambda w: F.embedding(torch.tensor([3, 0, 3]), w * 1, sparse=True), randn(4, 2))
    yield Example("padding", nn.Embedding(5, 3, padding_idx=4), torch.tensor([4, 4, 1]))
    yield Extreme("", lambda w: F.embedding(torch.tensor([2, 0, 2]), w), EXTREME)
