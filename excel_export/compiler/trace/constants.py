"""Calls of what depends on no input and no parameter: they are made, and not recorded.

What they draw at random is an input, and so is a tensor of plain numbers that Python or NumPy drew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import nullcontext
from typing import Any

import torch

from excel_export.compiler.reference.tensors import changed, one_width
from excel_export.compiler.reference.widen import NARROW, Widen, called_in_range
from excel_export.compiler.trace.in_place import Changes, is_in_place
from excel_export.compiler.trace.namespace import Namespace, label
from excel_export.compiler.trace.tape import Tape

_EMPTY = {"empty", "empty_like", "new_empty", "empty_strided"}


class Constants:
    """Calls functions of constants.

    Args:
        tape: where the values are.
        namespace: what inputs are called.
        changes: what the objects stand for.
        let_learn: lets gradients arrive at a tensor.
        widens: compute in float64 where the module asks for a narrower type.
        drawn: which of the tensors that are made of plain numbers, counted from 0, were drawn at random.
    """

    def __init__(
        self,
        tape: Tape,
        namespace: Namespace,
        changes: Changes,
        let_learn: Callable[[torch.Tensor], Any],
        *,
        widens: bool,
        drawn: Collection[int],
    ) -> None:
        self._tape, self._namespace, self._changes, self._let_learn = tape, namespace, changes, let_learn
        self._widens, self._drawn = widens, drawn
        self.are_narrow = False
        """Whether some were computed in types narrower than float64."""
        self.made: list[torch.Tensor] = []
        """The numbers, at first, of tensors that were made of plain ones, in their order."""

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
            self.take(result, label(function), is_drawn=is_drawn)
        if kwargs.get("requires_grad") and isinstance(result, torch.Tensor):
            self._let_learn(result)
        return result.zero_() if getattr(function, "__name__", "") in _EMPTY else result

    def take(self, result: Any, name: str, *, is_drawn: bool = False) -> Any:
        """Return what was made; it is an input if its numbers were drawn, be it by PyTorch itself.

        Parts of others, and the parameters of a module that is made on the way, are not.
        """
        is_plain = isinstance(result, torch.Tensor) and not isinstance(result, torch.nn.Parameter)
        if is_plain and not result._is_view():
            if is_drawn or len(self.made) in self._drawn:
                self._tape.draw(result, self._namespace.new(name))
            if not is_drawn:
                self.made.append(result.detach().clone())
        return result

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
