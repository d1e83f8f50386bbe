"""The contents of a module at one time, to find out later what has changed."""

import copy
from collections.abc import Collection, Iterator, Mapping, Set
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.compiler.refuse.shared_numbers import PARTS, buffers, parts_of
from excel_export.shared.trees import Change

_NEXT = 8
"""The number of next items that are compared of an iterator."""


def snapshot(module: nn.Module, are_set: Collection[torch.Tensor] = ()) -> dict[str, Any]:
    """Return a module's state for `changed_since`: {'fc.weight': copy of the tensor, 'fc.in_features': 3, …}.

    It has the parameters, buffers and plain attributes of all its parts; lists and the like are taken apart. Of the
    parameters in `are_set`, which are set anew before each run, only the id is stored.
    """
    return {name: _kept(item, (), torch.clone) for name, item in _items(module, are_set)}


def changed_since(before: Mapping[str, Any], module: nn.Module, are_set: Collection[torch.Tensor] = ()) -> list[str]:
    """Return the names of what in a module differs from an earlier `snapshot`: ['bn.running_mean']; [] if nothing does.

    Parameters in `are_set` only have to be the same objects; their numbers may differ.
    """
    now = ((name, _kept(item, (), lambda tensor: tensor)) for name, item in _items(module, are_set))
    return [name for name, item in now if name not in before or not _same(before[name], item)]


def _items(module: nn.Module, are_set: Collection[torch.Tensor]) -> Iterator[tuple[str, Any]]:
    for path, part in module.named_modules():
        items = {key: item for key, item in vars(part).items() if key not in PARTS} | buffers(part)
        items |= {key: id(item) if item in are_set else item for key, item in part._parameters.items()}
        for key, item in items.items():
            yield f"{path}.{key}" if path else key, item


def _kept(item: Any, within: tuple[int, ...], taken: Change) -> Any:
    if item is None or isinstance(item, (bool, int, float, str)):
        return item
    if isinstance(item, (dict, list, set)) and not item:  # as most attributes of a layer are
        return type(item)
    if isinstance(item, torch.Tensor):
        return taken(item.detach())
    if isinstance(item, np.ndarray):
        return item.tobytes()
    if isinstance(item, Set):
        return repr(item)
    if isinstance(item, Iterator):
        item = [*islice(copy.deepcopy(item), _NEXT)]
    return [(key, _kept(part, (*within, id(item)), taken)) for key, part in parts_of(item) if id(item) not in within]


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.shape == other.shape and bool(torch.equal(one, other))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
