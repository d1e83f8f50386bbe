"""What a module holds at one time, to see later what has changed."""

import copy
from collections.abc import Iterator, Mapping, Set
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.compiler.refuse.shared_numbers import PARTS, buffers, parts_of

_NEXT = 8
"""So much of what an iterator gives next tells where it is."""


def snapshot(module: nn.Module) -> dict[str, Any]:
    """Return the buffers, plain attributes and parameters of a module and its parts, by name, as they are now."""
    return dict(_items(module))


def changed_since(before: Mapping[str, Any], module: nn.Module) -> list[str]:
    """Return the names of what is another one than it was."""
    return [name for name, item in _items(module) if name not in before or not _same(before[name], item)]


def _items(module: nn.Module) -> Iterator[tuple[str, Any]]:
    for path, part in module.named_modules():
        items = {key: item for key, item in vars(part).items() if key not in PARTS} | buffers(part)
        items |= dict(part.named_parameters(recurse=False))
        for key, item in items.items():
            yield f"{path}.{key}" if path else key, _kept(item, ())


def _kept(item: Any, within: tuple[int, ...]) -> Any:
    """Return what an attribute holds, as it is now: numbers, texts, tensors, and what other objects hold of these."""
    if isinstance(item, torch.Tensor):
        return item.detach().clone()
    if item is None or isinstance(item, (bool, int, float, str)):
        return item
    if isinstance(item, np.ndarray):
        return item.tobytes()
    if isinstance(item, Set):
        return repr(item)
    if isinstance(item, Iterator):
        item = [*islice(copy.deepcopy(item), _NEXT)]
    return [(key, _kept(part, (*within, id(item)))) for key, part in parts_of(item) if id(item) not in within]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return one.shape == other.shape and bool(torch.equal(one, other))
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other
