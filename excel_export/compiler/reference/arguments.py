"""The arguments of a module's call: each tensor in them, however deep, is an input with a name."""

import copy
import inspect
import re
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from excel_export.compiler.refuse.kinds import refuse_kind
from excel_export.compiler.refuse.shared_numbers import held, parts_of
from excel_export.shared.errors import ExportError, first_line
from excel_export.shared.trees import Args, Kwargs

Inputs = Sequence[Any] | Mapping[str, Any]
"""The arguments of a module, in order, (x, target), or by name, {'x': x, 'target': target}."""


@dataclass(frozen=True)
class Bound:
    """The arguments of one call of a module, as `bind` returns them.

    For net(x, labels): args (x, labels), kwargs {}, named {'x': x, 'y': labels} if these are the names in `forward`.
    """

    args: Args
    """The arguments by position; () if the inputs are a dict."""
    kwargs: Kwargs
    """The arguments by name, {} for most inputs in a tuple."""
    named: dict[str, Any]
    """All arguments of `forward` by name, in order. Tensors are float64 leaves; those in lists and the like have names
    such as 'images.0' and 'batch.labels'."""
    plain: frozenset[str]
    """The names of the tensors that came with requires_grad=False."""

    @property
    def leaves(self) -> dict[str, torch.Tensor]:
        """The tensors among the arguments that have elements, by name: {'x': tensor}."""
        return {name: item for name, item in self.named.items() if isinstance(item, torch.Tensor) and item.numel()}


def bind(
    module: nn.Module,
    inputs: Inputs,
    handed: Callable[[torch.Tensor], torch.Tensor] = lambda leaf: leaf,
    finite: Callable[[torch.Tensor], torch.Tensor] = lambda tensor: tensor,
    fixed: Collection[str] = (),
) -> Bound:
    """Return the arguments of module(*inputs), with copies of the tensors: float64 leaves, or integers.

    Args:
        module: whose `forward` is called.
        inputs: its arguments; they are not changed.
        handed: a function from a leaf to the tensor that `forward` gets, such as torch.clone.
        finite: a function from an input to the numbers that its leaf holds, such as large ones for infinity.
        fixed: the names of inputs whose leaves get requires_grad=False; other floating ones get True.

    Raises:
        ExportError: the inputs do not fit the signature of forward(), or one is sparse, complex or the like.
    """
    if isinstance(inputs, (torch.Tensor, str)) or not isinstance(inputs, (Sequence, Mapping)):
        raise ExportError(
            f"the inputs are of type {type(inputs).__name__}: give a tuple, such as (x,), or a dict by argument name"
        )
    signature = inspect.signature(_inmost(module).forward)
    try:
        bound = signature.bind(**inputs) if isinstance(inputs, Mapping) else signature.bind(*inputs)
    except TypeError as error:
        expected = ", ".join(signature.parameters)
        raise ExportError(f"{type(module).__name__}.forward takes ({expected}): {first_line(error)}") from error
    given = set(bound.arguments)
    bound.apply_defaults()
    named: dict[str, Any] = {}
    plain: set[str] = set()

    @torch.inference_mode(False)
    def taken(name: str, item: Any) -> Any:
        name = _free(name, named)
        if isinstance(item, torch.Tensor):
            refuse_kind(f"the input '{name}'", item)
            if not item.requires_grad:
                plain.add(name)
            item = finite(item).detach().cpu().clone()
            if item.is_floating_point():
                item = item.double().requires_grad_(name not in fixed)
        named[name] = item
        return handed(item) if isinstance(item, torch.Tensor) else item

    for name, item in [*bound.arguments.items()]:
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            bound.arguments[name] = {key: _each_tensor(part, key, taken) for key, part in item.items()}
            continue
        ours = _each_tensor(item, name, taken)
        if name in given or ours is not item:
            bound.arguments[name] = ours
        else:
            del bound.arguments[name]
    if not isinstance(inputs, Mapping):
        return Bound(bound.args, bound.kwargs, named, frozenset(plain))
    kinds = {parameter.kind: name for name, parameter in signature.parameters.items()}
    gathered = bound.arguments.pop(kinds.get(inspect.Parameter.VAR_KEYWORD, ""), {})
    return Bound((), bound.arguments | gathered, named, frozenset(plain))


def _inmost(module: nn.Module) -> nn.Module:
    """Return the module inside of wrappers such as `torch.compile` and `DataParallel`, whose `forward` counts."""
    while True:
        is_parallel = isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel))
        wrapped = getattr(module, "module" if is_parallel else "_orig_mod", None)
        if not isinstance(wrapped, nn.Module):
            return module
        module = wrapped


def _free(name: str, taken: Mapping[str, Any]) -> str:
    name = re.sub(r"[^\w.]", "_", name)
    serial, new = 0, name
    while new in taken:
        serial += 1
        new = f"{name}_{serial}"
    return new


def _each_tensor(item: Any, name: str, change: Callable[[str, Any], Any], copies: dict[int, Any] | None = None) -> Any:
    """Return a copy of an argument in which each tensor is replaced by `change(name, tensor)`.

    An argument without tensors is passed to `change` as a whole. `copies` holds the copies made so far, by id: an
    object may contain itself.
    """
    if isinstance(item, torch.Tensor):
        return change(name, item)
    if isinstance(item, PackedSequence):  # how long the sequences are belongs to the shape
        data, *rest = item
        return PackedSequence(change(f"{name}.data", data), *rest)
    try:
        if next(held(item, torch.Tensor), None) is None:
            is_plain = item is None or isinstance(item, (bool, int, float, str))
            return change(name, item if is_plain else copy.deepcopy(item))
        copies = {} if copies is None else copies
        if id(item) in copies:
            return copies[id(item)]
        if isinstance(item, Set):
            raise ExportError(f"the argument '{name}' is a set with tensors, which have no order there: give a list")
        new = copies[id(item)] = item if isinstance(item, tuple) else copy.copy(item)
        parts = {key: _each_tensor(part, f"{name}.{key}", change, copies) for key, part in parts_of(item)}
        return _filled(new, parts)
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(
            f"the argument '{name}', a {type(item).__name__}, cannot be copied: {first_line(error)}"
        ) from error


def _filled(new: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(new, tuple):
        return new._make(parts.values()) if hasattr(new, "_make") else type(new)(parts.values())
    if isinstance(new, Mapping):
        changeable: Any = new
        for key, part in zip([*new], parts.values(), strict=True):
            changeable[key] = part
    elif isinstance(new, (list, deque)):
        new.clear()
        new.extend(parts.values())
    else:
        for key, part in parts.items():
            object.__setattr__(new, key, part)  # also where the object is frozen
    return new


def mapped_inputs(inputs: Inputs, change: Callable[[torch.Tensor], torch.Tensor]) -> Inputs:
    """Return new inputs for a module, with change(x) in the place of each tensor x, also of those in lists and the
    like.

    A mapping gives a dict by the same names; other inputs give a list: [change(x), [change(y)]] for (x, [y]).
    """

    def changed(name: str, item: Any) -> Any:
        return change(item) if isinstance(item, torch.Tensor) else item

    if isinstance(inputs, Mapping):
        return {name: _each_tensor(item, name, changed) for name, item in inputs.items()}
    return [_each_tensor(item, "", changed) for item in inputs]
