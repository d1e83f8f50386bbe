"""Tensors without dimensions or without elements: PyTorch's functions take them; formulas are for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from excel_export.compiler.reference.tensors import changed, tensors_in
from excel_export.compiler.trace.scopes import Several
from excel_export.ops import find_operator

Function = Callable[..., Any]


def on_a_line(
    function: Function,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    current: Callable[[torch.Tensor], torch.Tensor],
) -> Function | None:
    """Return how a function along a dimension works on a tensor that has none: as on a line of one number.

    None where it takes its arguments as they are.
    """
    if not args or not isinstance(args[0], torch.Tensor) or current(args[0]).dim():
        return None
    args, kwargs = changed((args, kwargs), current)
    if len(tensors_in((args, kwargs))) > 1:
        return None
    kind = find_operator(function, "")
    try:
        arguments = kind.bind(function, *args, **kwargs).arguments
    except TypeError:
        return None
    if kind.passes_on or "dim" not in arguments or (arguments["dim"] is None and not kind.name.startswith("arg")):
        return None

    def lifted(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = function(tensor.reshape(1), *args, **kwargs)
        if isinstance(result, torch.Tensor):
            return result.reshape(())
        named = result._fields if isinstance(result, Several) else result
        return type(named)([part.reshape(()) for part in named])

    return lifted


def without_empty(function: Function, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out what adds nothing to `torch.cat`."""
    if function not in (torch.cat, torch.concat, torch.concatenate) or not args:
        return args
    return ([part for part in args[0] if part.numel()] or args[0], *args[1:])


def is_empty(result: Any) -> bool:
    """Whether a result has no element."""
    found = tensors_in(result)
    return bool(found) and not any(tensor.numel() for tensor in found)
