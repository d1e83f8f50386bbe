"""Which results of a function share their numbers with what it was given, as views do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from excel_export.compiler.reference.arguments import changed, tensors_in


def memory(tensor: torch.Tensor) -> int:
    """Where the numbers of a tensor lie; 0 where it has none, or no place for them, as a sparse one."""
    try:
        with torch._C.DisableTorchFunction():  # also while a recorder runs
            return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return 0


def overlap(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors share an element."""
    if not memory(one) or memory(one) != memory(other):
        return False
    if one.dtype != other.dtype:
        return True
    places = torch.arange(one.untyped_storage().nbytes() // one.element_size())
    first, second = (
        places.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset()) for tensor in (one, other)
    )
    return bool(torch.isin(first, second).any())


def viewed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[int | None]:
    """Return for each result of a function which of the given tensors it is a view of, by number; None for no view.

    PyTorch's own function runs once on copies: what it is made of here may copy where PyTorch does not.
    """
    if any(isinstance(item, torch.Generator) or callable(item) for item in (*args, *kwargs.values())):
        return []  # which must not draw twice, or be called twice
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            args, kwargs = changed((args, kwargs), _copied)
            results = list(tensors_in(function(*args, **kwargs)))
    except Exception:  # what PyTorch itself cannot run, its own run of the module will refuse
        return []
    places = {memory(tensor): place for place, tensor in enumerate(tensors_in((args, kwargs)))}
    return [places.get(memory(result)) if result.numel() else None for result in results]


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    copy = tensor.detach().clone()
    return copy.double() if copy.is_floating_point() else copy
