"""Calls of what depends on no input and no parameter: they are made, and not recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch

from excel_export.compiler.reference.tensors import changed, one_width
from excel_export.compiler.reference.widen import NARROW, Widen, called_in_range
from excel_export.compiler.trace.creations import Creations
from excel_export.compiler.trace.in_place import Changes, is_in_place
from excel_export.compiler.trace.namespace import label

_EMPTY = {"empty", "empty_like", "new_empty", "empty_strided"}


class Constants:
    """Calls functions of constants."""

    def __init__(
        self, changes: Changes, creations: Creations, let_learn: Callable[[torch.Tensor], Any], *, widens: bool
    ) -> None:
        self._changes, self._creations, self._let_learn, self._widens = changes, creations, let_learn, widens
        self.are_narrow = False
        """Whether some were computed in types narrower than float64."""

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of plain numbers; what it draws at random is an input."""
        return self._called(function, args, kwargs, of_tensors=False)

    def call_of_tensors(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of constant tensors; what it draws at random is an input."""
        return self._called(function, args, kwargs, of_tensors=True)

    def _called(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, of_tensors: bool
    ) -> Any:
        generator = kwargs.get("generator") or torch.default_generator
        before = generator.get_state()
        result = (self._of_tensors if of_tensors else called_in_range)(function, args, kwargs)
        is_drawn = not torch.equal(before, generator.get_state())
        if is_drawn or not of_tensors:
            self._creations.take(result, label(function), is_drawn=is_drawn)
        if kwargs.get("requires_grad") and isinstance(result, torch.Tensor):
            self._let_learn(result)
        return result.zero_() if getattr(function, "__name__", "") in _EMPTY else result

    def _of_tensors(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with torch.no_grad(), Widen() if self._widens else nullcontext():
            # The parameters of other modules are constants, too.
            now, now_kwargs = changed((args, kwargs), self._changes.current)
            if not is_in_place(function):
                now, now_kwargs = one_width((now, now_kwargs))
            result = called_in_range(function, now, now_kwargs)
            if not is_in_place(function):
                self._changes.note_views_of_constants(result, function, args, kwargs)
        if isinstance(result, torch.Tensor):
            self.are_narrow |= result.dtype in NARROW
        return result
