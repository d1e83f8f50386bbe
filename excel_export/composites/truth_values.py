"""`& | ^ ~` of truth values."""

from collections.abc import Callable
from typing import Any

import torch

from excel_export.composites._composite import Composite, ExampleTable, composite
from excel_export.ops._numbers import ROW
from excel_export.shared.errors import UnsupportedOperator


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
bitwise_xor = _of_truth(torch.logical_xor, torch.bitwise_xor, T.bitwise_xor, T.__xor__)
bitwise_not = _of_truth(torch.logical_not, torch.bitwise_not, T.bitwise_not, T.__invert__)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield bitwise_and.example("", lambda x: ((x > 0) & (x < 0.5)) * x, ROW)
    yield bitwise_and.example("with True", lambda x: ((x > 0) & True) * x, ROW)
    yield bitwise_or.example("", lambda x: ((x < 0) | (x > 0.5)) * x, ROW)
    yield bitwise_xor.example("", lambda x: ((x > -0.5) ^ (x > 0.5)) * x, ROW)
    yield bitwise_not.example("", lambda x: ~(x > 0) * x, ROW)
