"""Calls that depend on no input and no parameter: they are run, and not recorded.

Numbers drawn at random become an input, and so does a tensor of plain numbers that Python or NumPy drew.
"""

from contextlib import nullcontext
from typing import Any

import torch

from excel_export.compiler.reference.widen import NARROW, Widen, called_in_range
from excel_export.compiler.trace.in_place import Changes, is_in_place
from excel_export.compiler.trace.scopes import Namespace, label
from excel_export.compiler.trace.tape import Tape
from excel_export.graph.graph import RecordingSettings
from excel_export.shared.trees import Args, Change, Function, Kwargs, changed, one_width, tensors_in

_EMPTY = {"empty", "empty_like", "new_empty", "empty_strided"}


class Constants:
    """A runner of functions that depend on no input and no parameter, as torch.rand(3), which are not recorded.

    Args:
        tape: the recording.
        namespace: gives names to random tensors, which become inputs.
        changes: the tensor that each object stands for.
        let_learn: called on results with requires_grad=True, to let them learn; what it returns is not used.
        settings: what earlier runs have found: in `created` random tensors, in `widens` whether to use float64.
    """

    def __init__(
        self, tape: Tape, namespace: Namespace, changes: Changes, let_learn: Change, settings: RecordingSettings
    ) -> None:
        self._tape, self._namespace, self._changes, self._let_learn = tape, namespace, changes, let_learn
        self._settings = settings
        self.are_narrow = False
        """True if a result was computed in a type narrower than float64."""
        self.creations: list[torch.Tensor] = []
        """Copies of the tensors made of plain numbers, in order, as they were before any change."""

    def call(self, function: Function, args: Args, kwargs: Kwargs) -> Any:
        """Return `function(*args, **kwargs)` of constants; one drawn at random, torch.rand(3), becomes an input."""
        of_tensors = bool(tensors_in((args, kwargs)))
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
        """Make a constant an input of the graph, called `name`, if its numbers are random; return the tensor unchanged.

        `is_drawn` is True if they were drawn just now; if not, `settings.created` has the tensors found to be random.
        Views, and the parameters of a module that forward() makes, do not become inputs.
        """
        is_plain = isinstance(result, torch.Tensor) and not isinstance(result, torch.nn.Parameter)
        if is_plain and not result._is_view():
            if is_drawn or len(self.creations) in self._settings.created:
                self._tape.draw(result, self._namespace.new(name))
            if not is_drawn:
                self.creations.append(result.detach().clone())
        return result

    def _of_tensors(self, function: Function, args: Args, kwargs: Kwargs) -> Any:
        with torch.no_grad(), Widen() if self._settings.widens else nullcontext():
            # The parameters of other modules are constants, too.
            now, now_kwargs = changed((args, kwargs), self._changes.current)
            if not is_in_place(function):
                now, now_kwargs = one_width((now, now_kwargs))
            result = called_in_range(function, now, now_kwargs)
            if not is_in_place(function):
                self._changes.note_views(result, function, args, kwargs)
        if isinstance(result, torch.Tensor):
            self.are_narrow |= result.dtype in NARROW
        return result
