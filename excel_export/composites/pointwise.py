"""Functions of each element that are made of others; and | ^ ~ of truth values."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import Composite, ExampleTable, composite
from excel_export.ops._numbers import ROW, randn
from excel_export.shared.errors import UnsupportedOperator

logaddexp = composite(torch.logaddexp, torch.Tensor.logaddexp)(
    lambda input, other: torch.maximum(input, other) - F.logsigmoid(abs(input - other))  # which cannot overflow
)
lerp = composite(torch.lerp, torch.Tensor.lerp)(lambda input, end, weight: input + weight * (end - input))


@composite(torch.xlogy, torch.special.xlogy, torch.Tensor.xlogy)
def xlogy(input: Any, other: Any) -> Any:
    """X · ln y, and 0 where x is 0."""
    if not isinstance(other, torch.Tensor):
        return input * math.log(other)
    counts = torch.logical_or(torch.as_tensor(input) != 0, other > 0)
    return input * torch.log(torch.where(counts, other, 1.0))


def _refuse_bits(*operands: Any) -> None:
    for each in operands:
        if not isinstance(each, bool) and getattr(each, "dtype", None) is not torch.bool:
            raise UnsupportedOperator(
                "& | ^ ~ are supported for truth values only, not for the bits of whole numbers, which a spreadsheet computes with functions newer than Excel 2007: n & 3 is n % 4; compute others before the export, and give what they give as an input"
            )


def _of_truth(logical: Callable[..., Any], *functions: Callable[..., Any]) -> Composite:
    """The composite of functions that are a connective where no operand is a whole number."""

    def connected(input: Any, *others: Any) -> Any:
        _refuse_bits(input, *others)
        return logical(input, *map(torch.as_tensor, others))

    return composite(*functions)(connected)


T = torch.Tensor
bitwise_and = _of_truth(torch.logical_and, torch.bitwise_and, T.bitwise_and, T.__and__)
bitwise_or = _of_truth(torch.logical_or, torch.bitwise_or, T.bitwise_or, T.__or__)
bitwise_xor = _of_truth(torch.ne, torch.bitwise_xor, T.bitwise_xor, T.__xor__)
bitwise_not = _of_truth(torch.logical_not, torch.bitwise_not, T.bitwise_not, T.__invert__)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield logaddexp.example("", torch.logaddexp, randn(2, 3), randn(3))
    yield logaddexp.example(
        "far apart", torch.logaddexp, torch.tensor([1000.0, -1000, 0]), torch.tensor([0.0, 0, -1000])
    )
    yield lerp.example("", lambda x, y: torch.lerp(x, y, 0.3), randn(2, 3), randn(2, 3))
    yield lerp.example("weights", lambda x, y: x.lerp(y, x.sigmoid()), randn(2, 3), randn(3))
    yield xlogy.example("", torch.xlogy, randn(2, 3), randn(3).exp())
    yield xlogy.example("0 of a positive number", torch.xlogy, torch.tensor([0.0, 0, 2]), torch.tensor([1.0, 3, 0.5]))
    yield xlogy.example("0 of 0", lambda x: torch.xlogy(x, x.detach()), torch.tensor([0.0, 1, 2]))
    yield bitwise_and.example("", lambda x: ((x > 0) & (x < 0.5)) * x, ROW)
    yield bitwise_and.example("with True", lambda x: ((x > 0) & True) * x, ROW)
    yield bitwise_or.example("", lambda x: ((x < 0) | (x > 0.5)) * x, ROW)
    yield bitwise_xor.example("", lambda x: ((x > -0.5) ^ (x > 0.5)) * x, ROW)
    yield bitwise_not.example("", lambda x: ~(x > 0) * x, ROW)
