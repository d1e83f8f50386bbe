"""Calls that only move numbers: they are run on the ids of the numbers, by PyTorch itself, and need no formula."""

from __future__ import annotations

from typing import Any

import torch

_BY_SIZES = {
    "alias_copy", "as_strided_copy", "as_strided_scatter", "cat", "channel_shuffle", "clone", "constant_pad_nd",
    "copy", "diag_embed", "diagonal_backward", "diagonal_copy", "diagonal_scatter", "expand_copy", "flip", "im2col",
    "lift_fresh_copy", "narrow_copy", "permute_copy", "pixel_shuffle", "pixel_unshuffle", "reflection_pad1d",
    "reflection_pad2d", "reflection_pad3d", "repeat", "replication_pad1d", "replication_pad2d", "replication_pad3d",
    "roll", "rot90", "select_backward", "select_copy", "select_scatter", "slice_backward", "slice_copy",
    "slice_scatter", "split_with_sizes_copy", "squeeze_copy", "stack", "t_copy", "transpose_copy", "tril", "triu",
    "unbind_copy", "unfold_copy", "unsqueeze_copy", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
    "view_copy",
}  # fmt: skip
_BY_NUMBERS = {
    "_unsafe_index", "_unsafe_index_put", "embedding", "gather", "index", "index_copy", "index_fill", "index_put",
    "index_select", "masked_fill", "masked_scatter", "masked_scatter_backward", "masked_select", "put",
    "repeat_interleave", "scatter", "take", "where",
}  # fmt: skip
_DECIDES = {"index", "indices", "mask", "condition", "repeats"}
"""The arguments, by their names in PyTorch's schemas, whose numbers decide where others go."""
_NUMBERS = {"value", "other", "self"}
"""The arguments that may be a plain number which becomes an element."""


def argument_names(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return each argument of a call with its name in PyTorch's schema: [('self', x), ('dim', 1)]."""
    named = zip((each.name for each in function._schema.arguments), args, strict=False)
    return [*named, *kwargs.items()]


def deciding(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """Return the tensors whose numbers decide where others go: the index of a gather."""
    found: list[torch.Tensor] = []
    for name, item in argument_names(function, args, kwargs):
        if name in _DECIDES:
            several = item if isinstance(item, (list, tuple)) else [item]
            found += [each for each in several if isinstance(each, torch.Tensor)]
    return found


def only_moves(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a call moves numbers, if the tensors of `deciding` are fixed: True for 'cat', False for 'mul'."""
    given = dict(argument_names(function, args, kwargs))
    if name in ("index_put", "_unsafe_index_put", "put"):
        return not given.get("accumulate", False)
    if name == "scatter":
        return given.get("reduce") is None
    if name == "embedding":
        return True
    if name == "_to_copy":
        return not narrows(args[0], given.get("dtype"))
    return name in _BY_SIZES or name in _BY_NUMBERS


def narrows(tensor: torch.Tensor, dtype: torch.dtype | None) -> bool:
    """Return whether a cast changes numbers: floats to whole numbers, or either to truth values."""
    if dtype is None or dtype is tensor.dtype:
        return False
    return dtype is torch.bool or (tensor.is_floating_point() and not dtype.is_floating_point)


def moved(
    name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], ids_of: Any, id_of_number: Any
) -> list[torch.Tensor]:
    """Return the ids of each result of a call that only moves numbers.

    Ids are whole numbers far below 2⁵³, so PyTorch may move them as float64, for which every call is there.

    Args:
        name: the call's name, 'cat'.
        function: the ATen call.
        args: its arguments.
        kwargs: its arguments by name.
        ids_of: gives the ids of a tensor.
        id_of_number: gives the id of a plain number.
    """
    decides = {id(each) for each in deciding(function, args, kwargs)}

    def changed(key: str, item: Any) -> Any:
        if isinstance(item, torch.Tensor):
            return item if id(item) in decides else ids_of(item).to(torch.float64)
        if isinstance(item, (list, tuple)):
            return type(item)(changed("", each) for each in item)
        if key in _NUMBERS and isinstance(item, (int, float)):
            return float(id_of_number(item))
        return item

    if name in ("_to_copy", "clone"):
        return [ids_of(args[0]).clone()]
    names = [each.name for each in function._schema.arguments]
    result = function(
        *(changed(key, item) for key, item in zip(names, args, strict=False)),
        **{key: changed(key, item) for key, item in kwargs.items() if key not in ("dtype", "memory_format")},
    )
    several = result if isinstance(result, (list, tuple)) else [result]
    return [each.round().to(torch.int64) for each in several]
