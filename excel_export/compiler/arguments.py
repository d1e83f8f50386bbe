"""What a module is called with."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from excel_export.shared.errors import ExportError, first_line

Inputs = Sequence[Any] | Mapping[str, Any]
"""The arguments of a module, in order or by name."""


@dataclass(frozen=True)
class Bound:
    """A call of a module: `module(*args, **kwargs)`, as the caller calls it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    named: dict[str, Any]
    """Every argument of `forward`, by name and in order, tensors as float64 leaves."""

    @property
    def leaves(self) -> dict[str, torch.Tensor]:
        """The tensors among the arguments."""
        return {name: item for name, item in self.named.items() if isinstance(item, torch.Tensor)}


def bind(
    module: nn.Module, inputs: Inputs, handed: Callable[[torch.Tensor], torch.Tensor] = lambda leaf: leaf
) -> Bound:
    """Return the call of a module on inputs, with float64 leaves in the place of tensors.

    Args:
        module: whose `forward` is called.
        inputs: its arguments; they stay as they are.
        handed: what `forward` gets for each leaf.

    Raises:
        ExportError: the inputs do not fit the signature of forward().
    """
    signature = inspect.signature(module.forward)
    try:
        bound = signature.bind(**inputs) if isinstance(inputs, Mapping) else signature.bind(*inputs)
    except TypeError as error:
        expected = ", ".join(signature.parameters)
        raise ExportError(f"{type(module).__name__}.forward takes ({expected}): {first_line(error)}") from error
    given = set(bound.arguments)
    bound.apply_defaults()
    named = {
        name: float64_leaf(item) if isinstance(item, torch.Tensor) else copy.deepcopy(item)
        for name, item in bound.arguments.items()
    }
    for name, item in named.items():
        if isinstance(item, torch.Tensor):
            bound.arguments[name] = handed(item)
        elif name in given:
            bound.arguments[name] = item
        else:
            del bound.arguments[name]
    if not isinstance(inputs, Mapping):
        return Bound(bound.args, bound.kwargs, named)
    kinds = {parameter.kind: name for name, parameter in signature.parameters.items()}
    gathered = bound.arguments.pop(kinds.get(inspect.Parameter.VAR_KEYWORD, ""), {})  # what **kwargs takes
    return Bound((), bound.arguments | gathered, named)


def float64_leaf(tensor: torch.Tensor) -> torch.Tensor:
    """Copy a tensor to the CPU, as float64 that gets a gradient; whole numbers stay as they are."""
    tensor = tensor.detach().cpu().clone()
    return tensor.double().requires_grad_() if tensor.is_floating_point() else tensor


def holds_tensor(item: Any) -> bool:
    """Whether an argument is a tensor, or a list with one in it."""
    return any(True for _ in tensors_in(item))


def tensors_in(item: Any) -> Iterator[torch.Tensor]:
    """The tensors in an argument, which may be nested in lists, tuples, dicts and slices."""
    if isinstance(item, torch.Tensor):
        yield item
    elif isinstance(item, (list, tuple)):
        for part in item:
            yield from tensors_in(part)
    elif isinstance(item, dict):
        yield from tensors_in(list(item.values()))
    elif isinstance(item, slice):
        yield from tensors_in((item.start, item.stop, item.step))


def changed(item: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Return an argument in which every tensor is changed; any kind of tuple becomes a plain one."""
    if isinstance(item, torch.Tensor):
        return change(item)
    if isinstance(item, dict):
        return {key: changed(part, change) for key, part in item.items()}
    if isinstance(item, slice):
        return slice(*(changed(part, change) for part in (item.start, item.stop, item.step)))
    if isinstance(item, (list, tuple)) and not isinstance(item, torch.Size):
        parts = [changed(part, change) for part in item]
        return parts if isinstance(item, list) else tuple(parts)
    return item
