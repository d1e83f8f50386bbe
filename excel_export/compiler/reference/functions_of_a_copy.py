"""Functions that a module holds, such as `self.f = lambda x: self.layer(x)`: in a copy, they use the copy's layers.

`copy.deepcopy` leaves functions as they are, and so with the module that they were written in.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import Any

from torch import nn

from excel_export.compiler.refuse.shared_numbers import PARTS


def copied(module: nn.Module) -> nn.Module:
    """Return a copy of a module, in which its functions use the copy."""
    memo: dict[int, Any] = {}
    other = copy.deepcopy(module, memo)
    rebind_functions(other, memo)
    return other


def rebind_functions(other: nn.Module, memo: Mapping[int, Any]) -> None:
    """Let the functions among the attributes and the hooks of a copied module use what was copied with it.

    Args:
        other: the copy.
        memo: what `copy.deepcopy` has noted: the copies by the ids of what they are copies of.
    """
    made: dict[int, Any] = {}
    for part in other.modules():
        for key, item in vars(part).items():
            if key not in PARTS:
                vars(part)[key] = _rebound(item, memo, made)


def _rebound(item: Any, memo: Mapping[int, Any], made: dict[int, Any]) -> Any:
    """Return a function or a container with other functions, or what it is where there are none."""
    if id(item) in made:
        return made[id(item)]
    if isinstance(item, FunctionType):
        return _rebound_function(item, memo, made)
    if type(item) is partial:
        function = _rebound(item.func, memo, made)
        return item if function is item.func else partial(function, *item.args, **item.keywords)
    if isinstance(item, dict):
        made[id(item)] = item
        for key, part in item.items():
            item[key] = _rebound(part, memo, made)
    elif isinstance(item, list):
        made[id(item)] = item
        item[:] = [_rebound(part, memo, made) for part in item]
    elif type(item) is tuple and any(isinstance(part, FunctionType) for part in item):
        return tuple(_rebound(part, memo, made) for part in item)
    return item


def _rebound_function(function: FunctionType, memo: Mapping[int, Any], made: dict[int, Any]) -> FunctionType:
    # Functions that share a variable go on sharing it.
    cells = [made.setdefault(id(cell), CellType()) for cell in function.__closure__ or ()]
    new = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, tuple(cells) or None
    )
    made[id(function)] = new  # it may hold itself
    is_other = False

    def taken(content: Any) -> Any:
        nonlocal is_other
        found = _of_the_copy(content, memo, made)
        is_other |= found is not content
        return found

    for cell, old in zip(cells, function.__closure__ or (), strict=True):
        if _is_filled(old):
            cell.cell_contents = taken(old.cell_contents)
    new.__defaults__ = function.__defaults__ and tuple(map(taken, function.__defaults__))
    new.__kwdefaults__ = function.__kwdefaults__ and {key: taken(item) for key, item in function.__kwdefaults__.items()}
    if not is_other:
        made[id(function)] = function
        return function
    new.__dict__.update(function.__dict__)
    new.__doc__, new.__qualname__, new.__module__ = function.__doc__, function.__qualname__, function.__module__
    return new


def _of_the_copy(content: Any, memo: Mapping[int, Any], made: dict[int, Any]) -> Any:
    """Return what stands in a copy for what a function reads; what was not copied stays."""
    if id(content) in memo:
        return memo[id(content)]
    if isinstance(content, (FunctionType, partial)):
        return _rebound(content, memo, made)
    if isinstance(content, MethodType):
        owner = _of_the_copy(content.__self__, memo, made)
        return content if owner is content.__self__ else MethodType(content.__func__, owner)
    if type(content) in (list, tuple):
        parts = [_of_the_copy(part, memo, made) for part in content]
        is_same = all(one is other for one, other in zip(parts, content, strict=True))
        return content if is_same else type(content)(parts)
    return content


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
