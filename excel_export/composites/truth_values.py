"""`& | ^ ~` of truth values."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import ROW
from excel_export.shared.errors import UnsupportedOperator


def _refuse_bits(*operands: Any) -> None:
    for each in operands:
        if not isinstance(each, bool) and getattr(each, "dtype", None) is not torch.bool:
            raise UnsupportedOperator(
                "& | ^ ~ are supported for truth values only, not for the bits of whole numbers, which a spreadsheet computes with functions newer than Excel 2007: n & 3 is n % 4; compute others before the export, and give what they give as an input"
            )


@composite(torch.bitwise_and, torch.Tensor.bitwise_and, torch.Tensor.__and__)
def bitwise_and(input: Any, other: Any) -> Any:
    """Whether both hold."""
    _refuse_bits(input, other)
    return torch.logical_and(input, torch.as_tensor(other))


@composite(torch.bitwise_or, torch.Tensor.bitwise_or, torch.Tensor.__or__)
def bitwise_or(input: Any, other: Any) -> Any:
    """Whether one of them holds, or both."""
    _refuse_bits(input, other)
    return torch.logical_or(input, torch.as_tensor(other))


@composite(torch.bitwise_xor, torch.Tensor.bitwise_xor, torch.Tensor.__xor__)
def bitwise_xor(input: Any, other: Any) -> Any:
    """Whether just one of them holds."""
    _refuse_bits(input, other)
    return torch.logical_xor(input, torch.as_tensor(other))


@composite(torch.bitwise_not, torch.Tensor.bitwise_not, torch.Tensor.__invert__)
def bitwise_not(input: Any) -> Any:
    """Whether it does not hold."""
    _refuse_bits(input)
    return torch.logical_not(input)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield bitwise_and.example("", lambda x: ((x > 0) & (x < 0.5)) * x, ROW)
    yield bitwise_and.example("with True", lambda x: ((x > 0) & True) * x, ROW)
    yield bitwise_or.example("", lambda x: ((x < 0) | (x > 0.5)) * x, ROW)
    yield bitwise_xor.example("", lambda x: ((x > -0.5) ^ (x > 0.5)) * x, ROW)
    yield bitwise_not.example("", lambda x: ~(x > 0) * x, ROW)
