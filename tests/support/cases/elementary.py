"""The cases of excel_export/composites/elementary.py."""

import math

import torch

from tests.support.cases._example import ROW, TIES, Example, randn


def logaddexp():
    yield Example("", torch.logaddexp, randn(2, 3), randn(3))
    yield Example("far apart", torch.logaddexp, torch.tensor([1000.0, -1000, 0]), torch.tensor([0.0, 0, -1000]))


def lerp():
    yield Example("", lambda x, y: torch.lerp(x, y, 0.3), randn(2, 3), randn(2, 3))
    yield Example("weights", lambda x, y: x.lerp(y, x.sigmoid()), randn(2, 3), randn(3))


def xlogy():
    yield Example("", torch.xlogy, randn(2, 3), randn(3).exp())
    yield Example("0 of a positive number", torch.xlogy, torch.tensor([0.0, 0, 2]), torch.tensor([1.0, 3, 0.5]))
    yield Example("0 of 0", lambda x: torch.xlogy(x, x.detach()), torch.tensor([0.0, 1, 2]))


def bitwise_and():
    yield Example("", lambda x: ((x > 0) & (x < 0.5)) * x, ROW)
    yield Example("with True", lambda x: ((x > 0) & True) * x, ROW)


def bitwise_or():
    yield Example("", lambda x: ((x < 0) | (x > 0.5)) * x, ROW)


def bitwise_xor():
    yield Example("", lambda x: ((x > -0.5) ^ (x > 0.5)) * x, ROW)


def bitwise_not():
    yield Example("", lambda x: ~(x > 0) * x, ROW)


def max():
    yield Example("", lambda x: torch.max(x, x.T), randn(3, 3))
    yield Example("ties", lambda x: x.max(other=x.flip(-1)), TIES)


def min():
    yield Example("", lambda x: torch.min(x, x.T), randn(3, 3))
    yield Example("ties", lambda x: x.min(other=x.flip(-1)), TIES)


def linalg_vector_norm():
    yield Example("", lambda x: torch.linalg.vector_norm(x, 1), ROW)
    yield Example("the largest", lambda x: torch.linalg.vector_norm(x, math.inf, 1), randn(3, 4))
    yield Example("the smallest", lambda x: torch.linalg.vector_norm(x, -math.inf, (0, 1), True), randn(3, 4))
    yield Example("how many", lambda x: torch.linalg.vector_norm(x, 0, 1) * x.sum(1), ROW)


def cdist():
    yield Example("", torch.cdist, randn(2, 3), randn(4, 3))
    yield Example("city blocks", lambda x, y: torch.cdist(x, y, 1), randn(2, 2, 3), randn(2, 3, 3))
    tied = torch.tensor([[1.0, 0], [3, 2], [0, 5]])
    yield Example("of a row from itself", lambda x: torch.cdist(x, x), tied)
    yield Example("the largest coordinate", lambda x: torch.cdist(x, x, math.inf), tied)
