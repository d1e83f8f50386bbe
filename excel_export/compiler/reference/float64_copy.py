"""A float64 copy of a module, so that the caller's own stays as it is."""

import copy
from collections.abc import Iterator, Mapping
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import Any

import torch
from torch import nn

from excel_export.compiler.refuse.kinds import refuse_kinds
from excel_export.compiler.refuse.shared_numbers import (
    PARTS,
    buffers,
    fixed,
    followers,
    held,
    refuse_overlapping,
    why_fixed,
)
from excel_export.shared.errors import ExportError, first_line


def float64_copy(module: nn.Module) -> nn.Module:
    """Return a copy of a module on the CPU, with everything in float64 and without gradients of earlier runs.

    What a layer has computed before, such as the weight of `weight_norm`, is copied without its history; a tensor that
    shares memory with a parameter gets memory of its own; `why_fixed` says so of either. An object that cannot be
    copied and holds no tensor, such as a lock, is shared.

    Raises:
        ExportError: it is no module or cannot be copied, a parameter is sparse, complex or the like, or two parameters
            share memory.
    """
    refuse_kinds(module)
    refuse_overlapping(module)
    with torch.inference_mode(False), torch.no_grad():
        memo = {id(tensor): fixed(tensor.detach().clone(), reason) for tensor, reason in followers(module)}
        noted = dict(memo)
        try:
            copied = copy.deepcopy(module, noted)
        except Exception:
            noted = memo | {id(item): item for item in _uncopyable(module)}
            try:
                copied = copy.deepcopy(module, noted)
            except Exception as error:
                raise ExportError(f"{type(module).__name__} cannot be copied: {first_line(error)}") from error
        rebind_functions(copied, noted)
        _widen(copied)
    return copied


def _uncopyable(module: nn.Module) -> Iterator[Any]:
    for part in module.modules():
        for name, item in vars(part).items():
            if name not in PARTS and next(held(item, (torch.Tensor, nn.Module)), None) is None:
                try:
                    copy.deepcopy(item)
                except Exception:
                    yield item


def _has_numbers(tensor: torch.Tensor) -> bool:
    return tensor.device.type != "meta"


def _widen(module: nn.Module) -> None:
    reasons = {(part, key): why_fixed(buffer) for part in module.modules() for key, buffer in buffers(part).items()}
    if all(_has_numbers(tensor) for tensor in (*module.parameters(), *module.buffers())):
        module.cpu()
    module.double()
    for (part, key), reason in reasons.items():
        fixed(part.get_buffer(key), reason)
    for part in module.modules():
        for name, item in vars(part).items():
            if isinstance(item, torch.Tensor):
                wide = item.detach().cpu() if _has_numbers(item) else item
                wide = wide.double() if wide.is_floating_point() else wide
                setattr(part, name, fixed(wide, why_fixed(item)))
            elif name not in PARTS:
                for inner in held(item, nn.Module):
                    if inner is not module:
                        _widen(inner)


def copied(module: nn.Module) -> nn.Module:
    """Return copy.deepcopy(module), in which hooks and functions such as `lambda: self.w` use the w of the copy."""
    memo: dict[int, Any] = {}
    other = copy.deepcopy(module, memo)
    rebind_functions(other, memo)
    return other


def rebind_functions(other: nn.Module, memo: Mapping[int, Any]) -> None:
    """Replace functions in a copy's attributes and hooks, as lambda: self.w, by ones with the copy as `self`.

    Args:
        other: the copy.
        memo: the copies by the ids of their originals, as `copy.deepcopy` keeps them.
    """
    made: dict[int, Any] = {}
    for part in other.modules():
        for key, item in vars(part).items():
            if key not in PARTS:
                vars(part)[key] = _rebound(item, memo, made)


def _rebound(item: Any, memo: Mapping[int, Any], made: dict[int, Any]) -> Any:
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
