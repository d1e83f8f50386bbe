"""Code of others that is looked into: PyTorch's own functions that are written in Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import CellType, FunctionType
from typing import Any

_HOMES = ("torch.nn.functional", "torch.functional", "torch._tensor", "torch._jit_internal")
_CHECKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


@cache
def body(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return a function of PyTorch's that does not ask a mode before it begins; None where it is not in Python.

    `F.tanhshrink(x)` hands itself over to the mode that is active, and so would its body, for ever.
    """
    found = inspect.unwrap(function)
    if not isinstance(found, FunctionType) or found.__globals__.get("__name__") not in _HOMES:
        return None
    # Where a function only chooses between two others, those ask.
    cells = tuple(
        CellType(body(cell.cell_contents) or cell.cell_contents)
        if isinstance(cell.cell_contents, FunctionType)
        else cell
        for cell in found.__closure__ or ()
    )
    asked = {name: _never for name in _CHECKS if name in found.__globals__}
    copy = FunctionType(found.__code__, found.__globals__ | asked, found.__name__, found.__defaults__, cells)
    copy.__kwdefaults__ = found.__kwdefaults__
    return copy


def _never(*args: Any) -> bool:
    return False
