"""The cases of excel_export/ops/elementary_functions.py."""

from functools import partial

import torch
from torch import nn

from tests.support.cases._example import NUMBERS, ROW, Example, Extreme, doubles, randn
from tests.support.cases._families import elementwise

_TINY = torch.tensor([1e-12, -1e-7, 1.1e-5])
# One engine takes 1 less the next smaller number for 0.
_SINES = NUMBERS[NUMBERS.abs() < 1 - 1e-12]
_FEW = doubles(1e-150, 1e-8, 0.5, 700, 1e150)
_PAIRS = torch.cartesian_prod(torch.cat((_FEW, -_FEW)), torch.cat((_FEW, -_FEW))).T
_INSIDE = NUMBERS[NUMBERS.abs() < 1 - 1e-9]

exp = partial(elementwise, torch.exp, Example("of much", torch.exp, torch.tensor([-1000.0, 0.0, 30.0])))

log = partial(elementwise, torch.log, within=torch.exp)

log1p = partial(elementwise, torch.log1p, Example("tiny", torch.log1p, _TINY), within=torch.expm1)


def log2():
    yield from elementwise(torch.log2, within=torch.exp, cancels=True)
    yield Example("powers of 2", torch.log2, torch.tensor([0.25, 1, 2, 8, 1024]))


def log10():
    yield from elementwise(torch.log10, within=torch.exp, cancels=True)
    yield Example("powers of 10", torch.log10, torch.tensor([0.1, 1, 10, 1000]))


erf = partial(elementwise, torch.erf)

# Excel knows no sine or cosine from here on.
_ANGLES = NUMBERS[NUMBERS.abs() < 2**27]

sin = partial(elementwise, torch.sin, within=lambda x: 3 * x, numbers=_ANGLES)

cos = partial(elementwise, torch.cos, within=lambda x: 3 * x, numbers=_ANGLES)

acos = partial(elementwise, torch.acos, within=torch.tanh, numbers=_SINES)

atan = partial(elementwise, torch.atan)

tanh = partial(elementwise, torch.tanh, module=nn.Tanh, cancels=True)

acosh = partial(elementwise, torch.acosh, within=lambda x: x.exp() + 1)

atanh = partial(elementwise, torch.atanh, within=torch.tanh, numbers=_INSIDE)


def atan2():
    corners = torch.tensor([[0.0, 1, -1]])
    yield Example("", torch.atan2, ROW, ROW + 0.5)
    yield Example("all sides, and the middle", torch.atan2, corners, corners.T)
    yield Example("broadcast", lambda x, y: x.atan2(y), randn(3, 4), randn(4))
    yield Extreme("", torch.atan2, *_PAIRS, by_element=True, decides=True)
