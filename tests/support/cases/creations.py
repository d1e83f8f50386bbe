"""The cases of excel_export/composites/creations.py."""

import torch
import torch.nn.functional as F

from tests.support.cases._example import ROW, Example, randn


def tensor():
    numbers = torch.tensor([4, 1, 0])
    yield Example("", lambda x, n: x * torch.tensor([n[0], 1, n[2]]), ROW, numbers)
    yield Example("of a type", lambda x, n: x * torch.tensor([n[0], 1, n[2]], dtype=torch.bool), ROW, numbers)
    yield Example("of lists", lambda x, n: x * torch.tensor([[n[0], 0.5], [True, n[1]]]).sum(), ROW, numbers)


def as_tensor():
    yield Example("", lambda x, n: torch.as_tensor(x) * torch.as_tensor(n, dtype=torch.bool), ROW, ROW > 0)


def one_hot():
    yield Example("", lambda x: F.one_hot(torch.tensor([2, 0])) * x, randn(2, 3))


def bernoulli():
    yield Example("", lambda x: torch.bernoulli(x.sigmoid()) * x, randn(2, 3))
    yield Example("of constants", lambda x: torch.bernoulli(torch.full((2, 3), 0.4)) * x, randn(2, 3))
    yield Example("in place", lambda x: torch.zeros(2, 3).bernoulli_(x.sigmoid()) * x, randn(2, 3))


def multinomial():
    yield Example("", lambda x: x.gather(1, torch.multinomial(x.softmax(1), 1)), randn(3, 4))
    yield Example("several", lambda x: x.gather(1, x.exp().multinomial(2)), randn(3, 4))
    yield Example("of a line", lambda x: x[x.softmax(0).multinomial(1)], randn(4))


def normal():
    yield Example("", lambda x: torch.normal(x, x.exp()) * x, randn(2, 3))
    yield Example("with a number", lambda x: torch.normal(x, 0.5) * x, randn(2, 3))
    yield Example("of constants", lambda x: torch.normal(torch.zeros(2, 3), torch.ones(2, 3)) * x, randn(2, 3))
