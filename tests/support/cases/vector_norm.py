"""The cases of excel_export/ops/vector_norm.py."""

import torch

from tests.support.cases._example import Example, Extreme, doubles, randn
from tests.support.cases._families import reduction


def vector_norm():
    norm, zeros = torch.linalg.vector_norm, torch.tensor([[0.0, 0, 0], [0, -3, 4], [1, 2, -2]])
    numbers = doubles([1e-100, -2e-100, 0], [1e-8, 3e-8, 1e-9], [700, -700, 1e3], [1e100, -1e100, 1])
    yield from reduction(norm, numbers=numbers)
    yield Example("of zeros", lambda x: norm(x, 2, 1, True), zeros)
    yield Example("of one number", lambda x: norm(x, dim=1), randn(3, 1))
    for p in (0.5, 1.5, 3):
        yield Example(f"of zeros, {p:g}", lambda x, p=p: norm(x, p, 1), zeros)
    for p in (1.5, 3):
        yield Extreme(f"{p:g}", lambda x, p=p: norm(x, p, dim=1), numbers)
