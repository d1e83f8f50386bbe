"""The cases of excel_export/ops/cast.py."""

import torch
import torch.nn.functional as F

from tests.support.cases._example import EXTREME, NEAR_ZERO, NUMBERS, ROW, Example, Extreme


def cast():
    yield Example("", lambda x: x.long(), ROW)
    mixed = torch.tensor([[-1.7, 0.0, 2.9]])
    yield Example("several types", lambda x: x.double() * x.long() + x.bool() * x, mixed)
    yield Example("near zero", lambda x: x.bool() * x.exp(), NEAR_ZERO)
    yield Extreme("", lambda x: x.bool() * x + x.double(), NUMBERS, by_element=True, decides=True)


def one_hot():
    yield Example("", lambda x: F.one_hot(x.long(), 3), torch.tensor([2.0]))
    yield Example("several", lambda x: F.one_hot(x.long(), 4).float(), torch.tensor([0.0, 3, 1]))
    yield Example("image", lambda x: F.one_hot(x.long(), 3) * x[..., None], torch.tensor([[0.0, 2], [1, 1]]))
    yield Extreme("", lambda x: F.one_hot((x > 0.25).long(), 2) * x[..., None], EXTREME)
