"""Functions of each element that are made of others."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._bounds import OF_EQUALS
from excel_export.ops._numbers import BORDERS, ROW, randn

_LN2 = math.log(2)


logaddexp = composite(torch.logaddexp, torch.Tensor.logaddexp)(
    lambda input, other: torch.maximum(input, other) - F.logsigmoid(abs(input - other))  # which cannot overflow
)
logaddexp2 = composite(torch.logaddexp2, torch.Tensor.logaddexp2)(
    lambda input, other: torch.logaddexp(input * _LN2, other * _LN2) / _LN2
)
hypot = composite(torch.hypot, torch.Tensor.hypot)(lambda input, other: (input * input + other * other).sqrt())
lerp = composite(torch.lerp, torch.Tensor.lerp)(lambda input, end, weight: input + weight * (end - input))


@composite(torch.xlogy, torch.special.xlogy, torch.Tensor.xlogy)
def xlogy(input: Any, other: Any) -> Any:
    """X · ln y, and 0 where x is 0."""
    if not isinstance(other, torch.Tensor):
        return input * math.log(other)
    counts = torch.logical_or(torch.as_tensor(input) != 0, other > 0)
    return input * torch.log(torch.where(counts, other, 1.0))


@composite(torch.special.xlog1py)
def xlog1py(input: Any, other: Any) -> Any:
    """X · ln(1 + y), and 0 where x is 0."""
    counts = torch.logical_or(torch.as_tensor(input) != 0, torch.as_tensor(other) > -1)
    return input * torch.log1p(torch.where(counts, torch.as_tensor(other), 0.0))


@composite(torch.sinc, torch.special.sinc, torch.Tensor.sinc)
def sinc(input: Any) -> Any:
    """sin(πx) / (πx), and 1 at 0."""
    angle = math.pi * torch.where(input == 0, 1.0, input)
    return torch.where(input == 0, 1.0, angle.sin() / angle)


@composite(torch.copysign, torch.Tensor.copysign)
def copysign(input: Any, other: Any) -> Any:
    """The size of one number with the sign of another. A spreadsheet has no −0: 0 is positive."""
    if not isinstance(other, torch.Tensor):
        return abs(input) if math.copysign(1, other) > 0 else -abs(input)
    return abs(input) * torch.where(other < 0, -1.0, 1.0)


# Whether two equal numbers share the gradient, or the first gets it: releases of PyTorch differ.
_SHARED = OF_EQUALS != 1
fmax = composite(torch.fmax, torch.Tensor.fmax)(
    lambda input, other: torch.maximum(input, other) if _SHARED else torch.where(input >= other, input, other)
)
fmin = composite(torch.fmin, torch.Tensor.fmin)(
    lambda input, other: torch.minimum(input, other) if _SHARED else torch.where(input <= other, input, other)
)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield logaddexp.example("", torch.logaddexp, randn(2, 3), randn(3))
    yield logaddexp.example(
        "far apart", torch.logaddexp, torch.tensor([1000.0, -1000, 0]), torch.tensor([0.0, 0, -1000])
    )
    yield logaddexp2.example("", torch.logaddexp2, randn(2, 3), randn(3))
    yield hypot.example("", torch.hypot, randn(2, 3), randn(3))
    yield lerp.example("", lambda x, y: torch.lerp(x, y, 0.3), randn(2, 3), randn(2, 3))
    yield lerp.example("weights", lambda x, y: x.lerp(y, x.sigmoid()), randn(2, 3), randn(3))
    yield xlogy.example("", torch.xlogy, randn(2, 3), randn(3).exp())
    yield xlogy.example("0 of a positive number", torch.xlogy, torch.tensor([0.0, 0, 2]), torch.tensor([1.0, 3, 0.5]))
    yield xlogy.example("0 of 0", lambda x: torch.xlogy(x, x.detach()), torch.tensor([0.0, 1, 2]))
    yield xlog1py.example("", torch.special.xlog1py, randn(2, 3), randn(3).exp())
    yield sinc.example("", torch.sinc, ROW)
    yield sinc.example("random", lambda x: x.sinc(), randn(3, 4))
    yield copysign.example("", torch.copysign, randn(2, 3), randn(3))
    yield copysign.example("number", lambda x: torch.copysign(x, -2.0), BORDERS)
    yield fmax.example("", torch.fmax, randn(2, 3), randn(2, 3))
    yield fmax.example("ties", torch.fmax, BORDERS, torch.zeros(1, 4))
    yield fmin.example("", torch.fmin, randn(2, 3), randn(2, 3))
    yield fmin.example("ties", torch.fmin, BORDERS, torch.zeros(1, 4))
