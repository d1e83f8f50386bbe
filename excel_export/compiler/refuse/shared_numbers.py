"""Tensors that share memory with parameters, or were computed from them before the export: no formula shows it."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import count
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

import torch
from torch import nn

from excel_export.shared.errors import ExportError
from excel_export.shared.users_code import calling_line

_PLAIN = (type(None), bool, int, float, str, bytes)
_WHOLE = (*_PLAIN, nn.Module, type, FunctionType, ModuleType, torch.Size, torch.dtype, torch.device)
"""Types of objects that are not searched for tensors."""
PARTS = ("_parameters", "_buffers", "_modules")
_REASON = "_why_it_does_not_follow"


def why_fixed(tensor: torch.Tensor) -> str | None:
    """Return the reason with which `fixed` has marked a tensor, "'w2' was computed from …"; None if it is unmarked."""
    return getattr(tensor, _REASON, None)


def fixed(tensor: torch.Tensor, reason: str | None) -> torch.Tensor:
    """Mark a tensor with a reason why it does not follow parameters, None for no mark, and return the tensor."""
    if reason:
        setattr(tensor, _REASON, reason)
    return tensor


def followers(module: nn.Module) -> Iterator[tuple[torch.Tensor, str]]:
    """Yield (tensor, reason) for each tensor of a module that depends on a parameter by what was done before a call.

    The reason is the beginning of an error: "'w2' shares its numbers with the parameter 'w', …" or "'w2' was computed
    from parameters before the export, …".
    """
    parameters = dict(module.named_parameters())
    own = set(map(id, parameters.values()))
    for path, part in module.named_modules():
        items = {key: item for key, item in vars(part).items() if key not in PARTS} | buffers(part)
        for key, item in items.items():
            name = f"{path}.{key}" if path else key
            for tensor in held(item, torch.Tensor):
                reason = _why(name, tensor, parameters) if id(tensor) not in own else None
                if reason:
                    yield tensor, reason


def _why(name: str, tensor: torch.Tensor, parameters: dict[str, nn.Parameter]) -> str | None:
    if tensor.grad_fn is not None:
        return (
            f"'{name}' was computed from parameters before the export, so it would not follow them: compute it in "
            "forward()"
        )
    other = next((key for key, parameter in parameters.items() if overlap(tensor, parameter)), None)
    return other and (
        f"'{name}' shares its numbers with the parameter '{other}', which no formula shows: take self.{other}.detach() "
        "in forward()"
    )


def refuse_overlapping(module: nn.Module) -> None:
    """Refuse parameters that share memory, as w and nn.Parameter(w.T): a change of one changes the other.

    Raises:
        ExportError: there are two.
    """
    at: dict[int, list[tuple[str, nn.Parameter]]] = {}
    for name, parameter in module.named_parameters():
        group = at.setdefault(memory(parameter), [])
        for other, one in group:
            if overlap(one, parameter):
                raise ExportError(
                    f"the parameters '{other}' and '{name}' share their numbers, which no formula shows: make them one "
                    f"and the same, self.{name} = self.{other}"
                )
        group.append((name, parameter))


def buffers(part: nn.Module) -> dict[str, torch.Tensor]:
    """Return a module's own buffers, without those of its parts: {'running_mean': tensor}."""
    return {name: buffer for name, buffer in part._buffers.items() if buffer is not None}


def held(item: Any, kinds: Any) -> Iterator[Any]:
    """Yield the objects of `kinds`, a class or several, in an attribute or argument: x and y of [x, {'k': y}].

    What is of these classes is not searched itself: x alone for an item x.
    """
    if type(item) in _PLAIN:
        return  # as most attributes of modules are
    todo, seen = [item], set[int]()
    while todo:
        part = todo.pop()
        if isinstance(part, kinds):
            yield part
        elif id(part) not in seen:
            seen.add(id(part))
            todo += reversed([inner for _, inner in parts_of(part)])


def parts_of(item: Any) -> Iterable[tuple[str, Any]]:
    """Yield a container's items or an object's attributes by name: ('0', x) of [x]; nothing of modules and classes."""
    if isinstance(item, _WHOLE):
        return ()
    if isinstance(item, Mapping):
        return ((str(key), part) for key, part in item.items())
    if isinstance(item, (list, tuple, deque, Set)):
        return zip(getattr(item, "_fields", map(str, count())), item, strict=False)
    places = [key for kind in type(item).__mro__ if "__slots__" in vars(kind)
              for key, place in vars(kind).items() if isinstance(place, MemberDescriptorType)]  # fmt: skip
    named = {key: getattr(item, key) for key in places if hasattr(item, key)}
    return (named | dict(getattr(item, "__dict__", {}))).items()


def memory(tensor: torch.Tensor) -> int:
    """Return the address of a tensor's memory; 0 if it has none, as a sparse one."""
    try:
        with torch._C.DisableTorchFunction():  # also while a recorder runs
            return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return 0


def overlap(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Return whether two tensors share an element in memory: x and x[0] do, x[0] and x[1] don't, nor x and x.clone().

    Two tensors of different types do if they use the same storage, as x and x.view(torch.int32).
    """
    if not memory(one) or memory(one) != memory(other):
        return False
    if one.dtype != other.dtype:
        return True
    places = torch.arange(one.untyped_storage().nbytes() // one.element_size())
    first, second = (
        places.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset()) for tensor in (one, other)
    )
    return bool(torch.isin(first, second).any())


_OF_PYTORCH = (torch.Tensor.__torch_function__.__func__, torch._C._disabled_torch_function_impl)  # type: ignore[attr-defined]


def refuse_between(kinds: Iterable[Any]) -> None:
    """Refuse the running call of a PyTorch function if code that is not PyTorch's, or autocast, has a part in it.

    Args:
        kinds: the classes of its arguments, without torch.Tensor: subclasses of the user's, nn.Parameter.

    Raises:
        ExportError: a class has a __torch_function__ of its own, a TorchDispatchMode is active, or torch.autocast is.
    """
    for kind in kinds:
        if getattr(kind.__torch_function__, "__func__", kind.__torch_function__) not in _OF_PYTORCH:
            raise ExportError(
                f"{kind.__name__} has a __torch_function__ of its own in {calling_line()}, and what it does beside "
                "computing has no cells: give plain tensors, x.as_subclass(torch.Tensor)"
            )
    modes = map(torch._C._get_dispatch_stack_at, range(torch._C._len_torch_dispatch_stack()))
    if any(type(mode).__module__ != "torch.autograd.graph" for mode in modes):  # whose keeps what is saved
        raise ExportError(
            f"a TorchDispatchMode is active in {calling_line()}, and changes what no recorder sees: use it outside of "
            "forward()"
        )
    if torch.is_autocast_enabled("cpu"):
        kind = str(torch.get_autocast_dtype("cpu")).removeprefix("torch.")
        raise ExportError(
            f"torch.autocast in {calling_line()} computes in {kind}, and a workbook has no such numbers: leave it out, "
            "or give enabled=False"
        )


def refuse_unfollowed(tensor: torch.Tensor, outside: Mapping[int, str], *, is_transformed: bool | None) -> None:
    """Refuse a tensor that was not recorded though it depends on parameters or inputs; do nothing for a constant.

    Args:
        tensor: of any shape.
        outside: the names of the caller's own parameters, by the address of their memory: {140: 'fc.weight'}.
        is_transformed: whether the tensor that a function transform such as vmap has wrapped depends on parameters or
            inputs; None if `tensor` is not wrapped.

    Raises:
        ExportError: it belongs to the caller's own module, followed a parameter before the export, or was computed
            where nothing can be recorded.
    """
    name, reason = outside.get(memory(tensor)), why_fixed(tensor)
    if name:
        reason = (
            f"a function holds the parameter '{name}' itself, as in a closure, so a copy of the module does not "
            "read its own: take it from self"
        )
    elif not reason and is_transformed:
        reason = (
            f"torch.vmap, torch.func.grad or the like in {calling_line()} runs code in a way that cannot be "
            "recorded: write it with loops or for the whole batch"
        )
    elif not reason and is_transformed is None and tensor.grad_fn is not None:
        reason = (
            f"a tensor in {calling_line()} was computed where nothing can be recorded, as in an extension or in "
            "another thread"
        )
    if reason:
        raise ExportError(reason)
