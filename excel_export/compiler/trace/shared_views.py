"""Views: tensors that share their numbers with others; and which results of a function do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from excel_export.compiler.reference.tensors import changed, tensors_in
from excel_export.compiler.refuse.shared_numbers import memory
from excel_export.shared.errors import ExportError


@dataclass
class SharedView:
    """A tensor that shares its numbers with another one."""

    whole: torch.Tensor
    """The object that it is a part of."""
    made_from: torch.Tensor
    """What that object stood for when the view was taken."""
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    number: int | None
    """Which one it is of several results."""

    def taken(self, call: Callable[..., Any]) -> Any:
        """Take it once more."""
        result = call(self.function, *self.args, **self.kwargs)
        return result if self.number is None else result[self.number]

    def refuse_if_unsafe(self) -> None:
        """Refuse to follow what PyTorch's own gradients do not."""
        name = self.function.__name__
        if name.startswith("unsafe_"):
            raise ExportError(
                f"numbers that {name}() shares are changed in place, of which PyTorch's gradients know nothing: use "
                f"{name.removeprefix('unsafe_')}()"
            )

    def places(self, whole: torch.Tensor) -> torch.Tensor:
        """Return for each of its elements the number of the element of the whole that it is."""
        numbers = torch.empty_like(whole, dtype=torch.long)  # which keeps the order in memory
        numbers.copy_(torch.arange(whole.numel()).reshape(whole.shape))

        def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        args = changed(self.args, lambda tensor: numbers if tensor is self.whole else tensor)
        found: torch.Tensor = SharedView(self.whole, whole, self.function, args, self.kwargs, self.number).taken(call)
        return found


def is_data(view: SharedView) -> bool:
    """Whether a view is `x.data` or `x.detach()`, through which numbers are changed behind the back of gradients."""
    return view.function in (torch.Tensor.detach, torch.detach)


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
