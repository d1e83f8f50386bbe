"""The cases of excel_export/ops/pow.py."""

from functools import partial

import torch

from tests.support.cases._example import BORDERS, NUMBERS, ROW, Example, Extreme, doubles, randn
from tests.support.cases._families import elementwise


def pow():
    whole = torch.tensor([[2, 0, -1, 3]])
    yield Example("", lambda x: x**3, ROW)
    yield Example("square", lambda x: x**2, randn(3, 4))
    yield Example("of a negative", lambda x: -(x**2), randn(3, 4))
    yield Example("three", lambda x: torch.pow(x, 3), BORDERS)
    yield Example("one and zero", lambda x: x**1 + x.pow(0), BORDERS)
    yield Example("negative", lambda x: x**-2, randn(3, 4) + 4)
    yield Example("fraction", lambda x: x**1.5, randn(3, 4).abs())
    yield Example("negative fraction", lambda x: x**-0.5, randn(3, 4).abs() + 0.1)
    yield Example("of a number", lambda x: 2**x, randn(3, 4))
    yield Example("of 0", lambda x: torch.pow(0, x), torch.tensor([0.0, 1.5, 2.0]))
    yield Example("of a negative number", lambda x: (-1.0) ** (3 * x.detach()).floor() * x, randn(3, 4))
    yield Example("of another", lambda x: (-0.5) ** (4 * x).detach().floor() * x, randn(3, 4))
    yield Example("of a fraction", lambda x: torch.pow(0.3, x), randn(3, 4) * 5)
    yield Example("of two", lambda x, y: x**y, randn(3, 4).abs(), randn(3, 4))
    yield Example("of 0 and 0", lambda x, y: x**y, torch.tensor([0.0, 0, 2, 1]), torch.tensor([0.0, 2, 0, 3]))
    yield Example("broadcast", torch.pow, randn(3, 1).abs(), randn(1, 4))
    yield Example("of negatives, whole", torch.pow, randn(3, 4), whole)
    yield Example("of whole numbers", lambda x, n: n.abs() ** 2 * x**n, randn(3, 4), whole)
    for exponent in (2, 3, 0.5, 1.5, -1, -2, 5, 1e-3):
        yield Extreme(f"{exponent:g}", partial(torch.pow, exponent=exponent), NUMBERS, by_element=True)
    yield Extreme("of 2", lambda x: 2**x, NUMBERS, by_element=True)
    few = doubles(1e-300, 1e-160, 1e-3, 0.5, 1.0, 3, 1e3, 1e150)
    pairs = torch.cartesian_prod(few, torch.cat((few[1:6], -few[1:6]))).T
    yield Extreme("of two", torch.pow, *pairs, by_element=True, decides=True)


square = partial(elementwise, torch.square)

sqrt = partial(elementwise, torch.sqrt, within=torch.exp)

rsqrt = partial(elementwise, torch.rsqrt, within=torch.exp)

reciprocal = partial(elementwise, torch.reciprocal, within=lambda x: x - 0.25)
