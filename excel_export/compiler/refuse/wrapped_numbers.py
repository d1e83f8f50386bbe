"""Whole numbers that leave the range of their type: PyTorch begins anew at its other end, and a cell does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from excel_export.formulas import Operator
from excel_export.ops.cast import SHORT
from excel_export.shared.errors import ExportError

_EXACT = 2.0**53
_ADD_UP = ("add", "cumprod", "cumsum", "index_add", "index_put", "matmul", "pow", "prod", "scatter_add", "sum")
"""Operators that leave the range of a type soon, that of truth values among them."""
_LEAVE = (*_ADD_UP, "abs", "floor_divide", "linear", "mul", "neg", "rsub", "square", "sub")
"""Operators that leave the range of whole numbers of few bits."""


def refuse_wrapped(what: str, operator: Operator, outputs: Sequence[torch.Tensor], wide: Callable[[], Any]) -> None:
    """Refuse whole numbers that leave the range of their type: PyTorch begins anew at its other end, a cell does not.

    Args:
        what: the operator, as errors name it.
        operator: what was called.
        outputs: its results.
        wide: computes them once more, with 64 bits.

    Raises:
        ExportError: a result is another one than with 64 bits, or could easily become so.
    """
    if operator.name in _LEAVE and operator.arguments.get("accumulate", True):
        for output in outputs:
            if output.dtype in SHORT or (output.dtype == torch.bool and operator.name in _ADD_UP):
                raise ExportError(
                    f"{what} computes with truth values or with whole numbers of {output.dtype.itemsize * 8} bits, "
                    "where PyTorch begins anew at the other end of their range, and a cell does not: use .long()"
                )
    if not any(output.dtype == torch.int32 or (operator.grows and output.dtype == torch.int64) for output in outputs):
        return
    with torch.no_grad():
        found = wide()
    results = [found] if isinstance(found, torch.Tensor) else list(found)
    for output, exact in zip(outputs, results, strict=True):
        if output.dtype == torch.int32 and not torch.equal(output.double(), exact.double()):
            raise ExportError(
                f"a whole number leaves the range of int32 in {what}, where PyTorch begins anew at its other end, and "
                "a cell does not: use .long()"
            )
        if output.dtype == torch.int64 and bool((exact.double().abs() >= _EXACT).any()):
            raise ExportError(
                f"a whole number leaves the range of ±2^53 in {what}, in which a cell holds each one exactly: take the "
                "remainder sooner, after each product"
            )


def without_end(tensor: torch.Tensor) -> torch.Tensor:
    """Return whole numbers as floats, which do not begin anew."""
    return tensor.double() if tensor.dtype in (torch.int32, torch.int64) else tensor
