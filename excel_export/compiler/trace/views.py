"""Which results of a function share their numbers with what it was given, as views do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from excel_export.compiler.reference.tensors import changed, tensors_in
from excel_export.compiler.refuse.shared_memory import memory


def viewed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[int | None]:
    """Return for each result of a function which of the given tensors it is a view of, by number; None for no view.

    PyTorch's own function runs once on copies: what it is made of here may copy where PyTorch does not.
    """
    if any(isinstance(item, torch.Generator) or callable(item) for item in (*args, *kwargs.values())):
        return []  # which must not draw twice, or be called twice
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            args, kwargs = changed((args, kwargs), _copied)
            results = tensors_in(function(*args, **kwargs))
    except Exception:  # what PyTorch itself cannot run, its own run of the module will refuse
        return []
    places = {memory(tensor): place for place, tensor in enumerate(tensors_in((args, kwargs)))}
    return [places.get(memory(result)) if result.numel() else None for result in results]


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    copy = tensor.detach().clone()
    return copy.double() if copy.is_floating_point() else copy
