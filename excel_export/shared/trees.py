"""Arguments as trees: the items in nested lists, tuples, dicts and slices.

PyTorch's own functions, torch.utils._pytree, take five times as long for the few arguments of a call, and skip lists
and tuples of other classes than Python's, with the tensors in them. They keep the classes of results, such as named
tuples: for these they are imported here, and nowhere else.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_flatten as tree_flatten
from torch.utils._pytree import tree_map_only as tree_map_only
from torch.utils._pytree import tree_unflatten as tree_unflatten

Function = Callable[..., Any]
Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Change = Callable[[torch.Tensor], torch.Tensor]
_NODES = (list, tuple, dict, slice)
_KEPT = {list, tuple, dict, slice, torch.Size}


def leaves(tree: Any, kind: type | tuple[type, ...]) -> list[Any]:
    """Return all items of a class, or of several, in nested lists, tuples, dicts and slices, left to right.

    A tree that is itself of the class is the only item.

    Example:
        >>> leaves([1, ("a", {"key": 2}), slice(3, None)], int), leaves(4, int), leaves("a", int)
        ([1, 2, 3], [4], [])
    """
    if isinstance(tree, kind):
        return [tree]
    found: list[Any] = []
    if isinstance(tree, _NODES):
        _collect(tree, kind, found)
    return found


def _collect(node: Any, kind: type | tuple[type, ...], found: list[Any]) -> None:
    for part in node if isinstance(node, (list, tuple)) else _parts(node):
        if isinstance(part, kind):
            found.append(part)
        elif isinstance(part, _NODES):
            _collect(part, kind, found)


def _parts(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else (node.start, node.stop, node.step)


def mapped(tree: Any, kind: type | tuple[type, ...], change: Callable[[Any], Any]) -> Any:
    """Return a tree in which `change` replaces all items of a class.

    If no item changes, that is the same object. Otherwise the nodes above a change are plain lists, tuples, dicts or
    slices.

    Example:
        >>> mapped([1, ("a", 2)], int, lambda item: item + 1)
        [2, ('a', 3)]
    """
    if isinstance(tree, kind):
        return change(tree)
    if not isinstance(tree, _NODES):
        return tree
    same, parts = type(tree) in _KEPT, []
    for part in tree if isinstance(tree, (list, tuple)) else _parts(tree):
        if isinstance(part, kind):
            new = change(part)
        elif isinstance(part, _NODES):
            new = mapped(part, kind, change)
        else:
            new = part
        same = same and new is part
        parts.append(new)
    if same:
        return tree
    if isinstance(tree, dict):
        return dict(zip(tree, parts, strict=True))
    if isinstance(tree, slice):
        return slice(*parts)
    return parts if isinstance(tree, list) else tuple(parts)


def tensors_in(item: Any) -> list[torch.Tensor]:
    """Return the tensors in an argument, from left to right, also in lists, tuples, dicts and slices: [x, y]."""
    return leaves(item, torch.Tensor)


def changed(item: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Return an argument in which `change` replaces every tensor.

    Example:
        >>> changed({"x": torch.ones(2)}, lambda tensor: tensor + 1)
        {'x': tensor([2., 2.])}
    """
    return mapped(item, torch.Tensor, change)


def copied(item: Any) -> Any:
    """Return a copy of an argument: new lists, tuples and dicts around the same other objects.

    Example:
        >>> x, item = torch.ones(2), []
        >>> copied([x, item])[0] is x, copied([x, item])[1] is item
        (True, False)
    """
    if isinstance(item, dict):
        return {key: copied(part) for key, part in item.items()}
    if isinstance(item, list):
        return [copied(part) for part in item]
    return tuple(map(copied, item)) if type(item) is tuple else item


def one_width(item: Any) -> Any:
    """Return an argument whose floating-point tensors are all float64 if one of them is; else the argument itself.

    PyTorch multiplies no tensors of different types. Integers and booleans stay as they are.

    Example:
        >>> [x.dtype for x in one_width([torch.ones(1), torch.ones(1).double(), torch.tensor([1])])]
        [torch.float64, torch.float64, torch.int64]
    """
    if not any(tensor.dtype == torch.float64 for tensor in tensors_in(item)):
        return item
    return changed(item, lambda x: x.double() if x.is_floating_point() else x)
