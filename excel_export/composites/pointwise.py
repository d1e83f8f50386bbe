"""Functions of each element that are made of others."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._bounds import OF_EQUALS
from excel_export.ops._numbers import BORDERS, ROW, randn
from excel_export.shared.infinity import NEVER

_LN2 = math.log(2)


@composite(torch.logaddexp, torch.Tensor.logaddexp)
def logaddexp(input: Any, other: Any) -> Any:
    """ln(eᵃ + eᵇ), by numbers that cannot overflow."""
    return torch.maximum(input, other) - F.logsigmoid(abs(input - other))


@composite(torch.logaddexp2, torch.Tensor.logaddexp2)
def logaddexp2(input: Any, other: Any) -> Any:
    """log₂(2ᵃ + 2ᵇ)."""
    return torch.logaddexp(input * _LN2, other * _LN2) / _LN2


@composite(torch.hypot, torch.Tensor.hypot)
def hypot(input: Any, other: Any) -> Any:
    """√(a² + b²)."""
    return (input * input + other * other).sqrt()


@composite(torch.lerp, torch.Tensor.lerp)
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """On the way from one number to the other, as far as the weight says."""
    return input + weight * (end - input)


@composite(torch.addcmul, torch.Tensor.addcmul)
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """A number plus the product of two others."""
    product = tensor1 * tensor2
    return input + (product if value == 1 else value * product)


@composite(torch.addcdiv, torch.Tensor.addcdiv)
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """A number plus the quotient of two others."""
    quotient = tensor1 / tensor2
    return input + (quotient if value == 1 else value * quotient)


@composite(torch.logit, torch.special.logit, torch.Tensor.logit)
def logit(input: Any, eps: float | None = None) -> Any:
    """The number whose sigmoid this is."""
    chance = input if eps is None else input.clamp(eps, 1 - eps)
    return torch.log(chance / (1 - chance))


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


@composite(torch.special.entr)
def entr(input: Any) -> Any:
    """−x · ln x, and 0 at 0."""
    return -(input * torch.log(torch.where(input == 0, 1.0, input)))


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


@composite(torch.nan_to_num, torch.Tensor.nan_to_num)
def nan_to_num(input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Any:
    """The number itself, or what is asked for in the place of infinity: a spreadsheet shows an error for NaN."""
    kept = input.clone()
    if posinf is not None:
        kept = torch.where(input >= -NEVER, posinf, kept)
    return kept if neginf is None else torch.where(input <= NEVER, neginf, kept)


@composite(torch.isnan, torch.Tensor.isnan)
def isnan(input: Any) -> Any:
    """Never so: a spreadsheet does not hold NaN."""
    return input != input


@composite(torch.isinf, torch.Tensor.isinf)
def isinf(input: Any) -> Any:
    """Whether it stands for infinity."""
    return abs(input) >= -NEVER


@composite(torch.isfinite, torch.Tensor.isfinite)
def isfinite(input: Any) -> Any:
    """Whether it does not stand for infinity."""
    return abs(input) < -NEVER


def _masked(x: torch.Tensor) -> torch.Tensor:
    return x.masked_fill(x > 0.5, math.inf).masked_fill(x < -0.5, -math.inf)


@composite(torch.isclose, torch.Tensor.isclose)
def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether two numbers differ by little."""
    return abs(input - other) <= atol + rtol * abs(other)


@composite(torch.float_power, torch.Tensor.float_power)
def float_power(input: Any, exponent: Any) -> Any:
    """A power, in float64."""
    base = input.double() if isinstance(input, torch.Tensor) else float(input)
    return torch.pow(base, exponent)


@composite(torch.fmax, torch.Tensor.fmax)
def fmax(input: Any, other: Any) -> Any:
    """The larger of two numbers; of equal ones the first, or half of each, as in the PyTorch that is installed."""
    return torch.where(input >= other, input, other) if OF_EQUALS == 1 else torch.maximum(input, other)


@composite(torch.fmin, torch.Tensor.fmin)
def fmin(input: Any, other: Any) -> Any:
    """The smaller of two numbers; of equal ones the first, or half of each, as in the PyTorch that is installed."""
    return torch.where(input <= other, input, other) if OF_EQUALS == 1 else torch.minimum(input, other)


@composite(torch.rad2deg, torch.Tensor.rad2deg)
def rad2deg(input: Any) -> Any:
    """An angle in degrees."""
    return input * (180 / math.pi)


@composite(torch.deg2rad, torch.Tensor.deg2rad)
def deg2rad(input: Any) -> Any:
    """An angle in radians."""
    return input * (math.pi / 180)


@composite(torch.positive, torch.Tensor.positive, torch.Tensor.__pos__)
def positive(input: Any) -> Any:
    """The number itself."""
    return input


@composite(torch.special.ndtr)
def ndtr(input: Any) -> Any:
    """How likely a normal number is smaller."""
    return torch.erfc(-input * math.sqrt(0.5)) / 2


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
    yield addcmul.example("", lambda x, y: torch.addcmul(x, x, y), randn(2, 3), randn(3))
    yield addcmul.example("value", lambda x, y: x.addcmul(x, y, value=-0.5), randn(2, 3), randn(3))
    yield addcdiv.example("", lambda x, y: torch.addcdiv(x, x, y), randn(2, 3), randn(3) + 4)
    yield addcdiv.example("value", lambda x, y: x.addcdiv(x, y, value=-0.5), randn(2, 3), randn(3) + 4)
    yield logit.example("", torch.logit, randn(2, 3).sigmoid())
    yield logit.example("eps", lambda x: x.logit(eps=0.2), torch.tensor([[0.0, 0.2, 0.5], [0.7, 0.8, 1.0]]))
    yield xlogy.example("", torch.xlogy, randn(2, 3), randn(3).exp())
    yield xlogy.example("0 of a positive number", torch.xlogy, torch.tensor([0.0, 0, 2]), torch.tensor([1.0, 3, 0.5]))
    yield xlogy.example("0 of 0", lambda x: torch.xlogy(x, x.detach()), torch.tensor([0.0, 1, 2]))
    yield xlog1py.example("", torch.special.xlog1py, randn(2, 3), randn(3).exp())
    yield entr.example("", torch.special.entr, randn(2, 3).exp())
    yield sinc.example("", torch.sinc, ROW)
    yield sinc.example("random", lambda x: x.sinc(), randn(3, 4))
    yield copysign.example("", torch.copysign, randn(2, 3), randn(3))
    yield copysign.example("number", lambda x: torch.copysign(x, -2.0), BORDERS)
    yield nan_to_num.example("", torch.nan_to_num, randn(2, 3))
    yield nan_to_num.example("infinite", lambda x: _masked(x).nan_to_num(0.0, 2.0, -3.0), randn(2, 3))
    yield isnan.example("", lambda x: torch.where(torch.isnan(x), 0.0, x), randn(2, 3))
    yield isinf.example("", lambda x: x.isinf() * x + x, randn(2, 3))
    yield isinf.example("infinite", lambda x: torch.where(torch.isinf(_masked(x)), 0.5, x), randn(2, 3))
    yield isfinite.example("", lambda x: x * torch.isfinite(x), randn(2, 3))
    yield isfinite.example("infinite", lambda x: torch.where(_masked(x).isfinite(), x, 0.5), randn(2, 3))
    yield isclose.example("", lambda x, y: torch.isclose(x, y, atol=0.5) * x, randn(2, 3), randn(2, 3))
    yield float_power.example("", lambda x: torch.float_power(x, 2), randn(2, 3))
    yield float_power.example(
        "of whole numbers", lambda x, n: n.float_power(-1) * x, randn(3), torch.tensor([1, -2, 3])
    )
    yield fmax.example("", torch.fmax, randn(2, 3), randn(2, 3))
    yield fmax.example("ties", torch.fmax, BORDERS, torch.zeros(1, 4))
    yield fmin.example("", torch.fmin, randn(2, 3), randn(2, 3))
    yield fmin.example("ties", torch.fmin, BORDERS, torch.zeros(1, 4))
    yield rad2deg.example("", torch.rad2deg, ROW)
    yield deg2rad.example("", torch.deg2rad, ROW)
    yield positive.example("", lambda x: +x * 2, ROW)
    yield ndtr.example("", torch.special.ndtr, randn(2, 3) * 2)
