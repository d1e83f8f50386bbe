"""Reads of tensors by Python in a run of the user's module: recorded, repeated, or answered otherwise.

Nothing of the user's is patched, and no code is read. A dispatch mode sees each single number, as `item()`, `bool(x)`,
`x[i]` or an f-string read it; a function mode sees reads of whole tensors, as by `numpy()`, `tolist()` or `repr()`.
"""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from excel_export.shared.trees import Change, changed
from excel_export.shared.users_code import Place, users_place

_TENSOR = torch.Tensor
_WHOLE = {_TENSOR.numpy, _TENSOR.tolist, _TENSOR.__array__, _TENSOR.__repr__, _TENSOR.__format__, _TENSOR.__dlpack__}
_SINGLE = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.equal.default}
Noted = Mapping[Place, Sequence[Any]]
"""The values that were read, in order, by the line of code: {('net.py', 12): [True, 0.5]}."""
Changes = Mapping[Place, Callable[[int], Change | None]]
"""For a line of code and the number of the read in it, from 0 on, the change of the tensor before it is read; None for
no change."""


class ReadAnswers:
    """A context (with answers: …) that answers Python's reads of tensors, such as x.item(), and keeps them in `noted`.

    Args:
        places: the lines of code, ('net.py', 12), whose reads are handled; None for all. Other reads get the true
            number, and are not kept.
        given: the answers of an earlier run, {('net.py', 12): [True, 0.5]}, for the first, second, … read of each line.
        changes: for each line a function f: f(0) returns the function that changes the tensor before the line's first
            read, None for no change.
    """

    def __init__(
        self, places: Collection[Place] | None, given: Noted | None = None, changes: Changes | None = None
    ) -> None:
        self.noted: dict[Place, list[Any]] = defaultdict(list)
        """The values that were read, in order, by line: {('net.py', 12): [True, False]}; whole tensors as arrays, lists
        or texts."""
        self.seen: set[Place] = set()
        """All lines in which something was read, also those that are not handled."""
        self._places, self._given, self._changes = places, given or {}, changes or {}
        self._counts, self._modes = Counter[Place](), ExitStack()
        self._is_inside = False

    def __enter__(self) -> ReadAnswers:
        self.noted, self.seen, self._counts = defaultdict(list), set(), Counter()
        if self._places is None or self._places:
            self._modes.enter_context(_Singles(self))
            self._modes.enter_context(_Wholes(self))
        return self

    def __exit__(self, *raised: object) -> None:
        self._modes.close()

    def read(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Return the answer to a read by a function, Tensor.tolist: that in `given`, else function(*args, **kwargs).

        A change in `changes` is made in the tensors before they are read whole, as by tolist(), but in the result if it
        is a single number, as of item(). Answers from `given` are not changed.
        """
        if self._is_inside:
            return function(*args, **kwargs)
        place = users_place()
        self.seen.add(place)
        if self._places is not None and place not in self._places:
            return function(*args, **kwargs)
        count = self._counts[place]
        self._counts[place] += 1
        change = self._changes[place](count) if place in self._changes else None
        is_single = function not in _WHOLE
        if change and not is_single:
            args = changed(args, lambda tensor: change(tensor.detach()))
        self._is_inside = True  # texts are made of single numbers
        try:
            own = function(*args, **kwargs)
        finally:
            self._is_inside = False
        if change and is_single:
            own = type(own)(change(_as_tensor(own, args)).item())
        self.noted[place].append(own if is_single else copy.deepcopy(own))
        answers = self._given.get(place, ())
        return copy.deepcopy(answers[count]) if count < len(answers) else own


def _as_tensor(number: Any, given: Any) -> torch.Tensor:
    holds_truth = isinstance(given[0], _TENSOR) and given[0].dtype == torch.bool
    return torch.tensor(number, dtype=torch.bool if holds_truth else torch.float64 if type(number) is float else None)


class _Singles(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, answers: ReadAnswers) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answers = answers

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in _SINGLE:
            return self._answers.read(function, args, kwargs or {})
        return function(*args, **(kwargs or {}))


class _Wholes(TorchFunctionMode):
    def __init__(self, answers: ReadAnswers) -> None:
        super().__init__()
        self._answers = answers

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in _WHOLE:
            with torch._C.DisableTorchFunctionSubclass():
                return self._answers.read(function, args, kwargs or {})
        return function(*args, **(kwargs or {}))
