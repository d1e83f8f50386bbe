"""Functions of each element that are made of others."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import ROW, randn

_LN2 = math.log(2)


logaddexp = composite(torch.logaddexp, torch.Tensor.logaddexp)(
    lambda input, other: torch.maximum(input, other) - F.logsigmoid(abs(input - other))  # which cannot overflow
)
logaddexp2 = composite(torch.logaddexp2, torch.Tensor.logaddexp2)(
    lambda input, other: torch.logaddexp(input * _LN2, other * _LN2) / _LN2
)
lerp = composite(torch.lerp, torch.Tensor.lerp)(lambda input, end, weight: input + weight * (end - input))


@composite(torch.xlogy, torch.special.xlogy, torch.Tensor.xlogy)
def xlogy(input: Any, other: Any) -> Any:
    """X · ln y, and 0 where x is 0."""
    if not isinstance(other, torch.Tensor):
        return input * math.log(other)
    counts = torch.logical_or(torch.as_tensor(input) != 0, other > 0)
    return input * torch.log(torch.where(counts, other, 1.0))


@composite(torch.sinc, torch.special.sinc, torch.Tensor.sinc)
def sinc(input: Any) -> Any:
    """sin(πx) / (πx), and 1 at 0."""
    angle = math.pi * torch.where(input == 0, 1.0, input)
    return torch.where(input == 0, 1.0, angle.sin() / angle)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield logaddexp.example("", torch.logaddexp, randn(2, 3), randn(3))
    yield logaddexp.example(
        "far apart", torch.logaddexp, torch.tensor([1000.0, -1000, 0]), torch.tensor([0.0, 0, -1000])
    )
    yield logaddexp2.example("", torch.logaddexp2, randn(2, 3), randn(3))
    yield lerp.example("", lambda x, y: torch.lerp(x, y, 0.3), randn(2, 3), randn(2, 3))
    yield lerp.example("weights", lambda x, y: x.lerp(y, x.sigmoid()), randn(2, 3), randn(3))
    yield xlogy.example("", torch.xlogy, randn(2, 3), randn(3).exp())
    yield xlogy.example("0 of a positive number", torch.xlogy, torch.tensor([0.0, 0, 2]), torch.tensor([1.0, 3, 0.5]))
    yield xlogy.example("0 of 0", lambda x: torch.xlogy(x, x.detach()), torch.tensor([0.0, 1, 2]))
    yield sinc.example("", torch.sinc, ROW)
    yield sinc.example("random", lambda x: x.sinc(), randn(3, 4))
