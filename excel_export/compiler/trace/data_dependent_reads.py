"""Numbers that Python reads out of tensors. No cell can follow them, so they are refused, or frozen on request."""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from excel_export.compiler.reference.answers import ReadAnswers
from excel_export.compiler.trace.tape import Tape
from excel_export.graph.graph import Frozen, ReadLine, Value
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Args, Change, Function, Kwargs, changed, tensors_in
from excel_export.shared.users_code import Place, calling_line, users_place

READING = {"__bool__", "__int__", "__float__", "__complex__", "__index__", "__array__", "__contains__", "item",
                "tolist", "numpy", "equal", "allclose", "is_nonzero"}  # fmt: skip
"""Functions that make plain numbers of tensors."""
DATA_DEPENDENT = {"nonzero", "argwhere", "unique", "_unique2", "unique_consecutive", "bincount"}
"""Functions that return tensors whose shape depends on numbers."""
TEXTS = {"__repr__", "__format__"}
"""Methods that make texts of tensors."""
CHECKS = {"isnan", "isinf", "isfinite"}
"""Functions that ask for what no cell holds."""
ANSWERS = {"__bool__", "__contains__", "equal", "allclose", "is_nonzero"}
"""Functions that return truth values."""
ANSWERED = ANSWERS | {"item", "__float__", "__int__", "tolist", "numpy", "__array__"}
"""Reads that a second run may answer otherwise, to see if the result depends on the answer."""
_MOST = 64
"""Numbers in one read; with more, a sheet could not compare each with its frozen value."""
_MOST_READS = 10_000
"""Reads in one run; a loop that waits for a number would not end if it is given other numbers."""


class DataDependentReads:
    """The numbers that Python reads out of tensors in a run, as x.item() does; the recorder calls `read` for each.

    A read is kept in `frozen`, a list of `Frozen`, if it may stay as it is, else in `noted`, {('net.py', 12):
    ReadLine(…, [0.5])}, to be tried with other answers.

    Args:
        tape: what is recorded.
        current: returns the tensor that an object stands for, after changes in place.
        frozen: the reads of an earlier run, whose results are returned again; None to refuse such reads.
    """

    def __init__(self, tape: Tape, current: Change, frozen: Sequence[Frozen] | None) -> None:
        self.frozen: list[Frozen] = []
        self.noted: dict[Place, ReadLine] = {}
        """Reads that are not frozen, by their place in the user's code."""
        self.size_inputs: set[Value] = set()
        """Inputs that give a size: their numbers cannot be changed in the workbook."""
        self.answers: ReadAnswers | None = None
        """Other answers to reads, for a second run; None if reads are answered as they are."""
        self._tape, self._current, self._earlier = tape, current, frozen
        self._reads = 0
        self._checks: set[Value] = set()

    @property
    def may_freeze(self) -> bool:
        """True if a number that Python reads, x.item(), may stay as it is in the workbook: `frozen` was not None."""
        return self._earlier is not None

    def read(self, function: Function, name: str, args: Args, kwargs: Kwargs, *, may_log: bool = False) -> Any:
        """Return the number, list or truth value that a function reads out of tensors: 0.5 for Tensor.item.

        Args:
            function: the function that reads.
            name: its name for messages, 'item'.
            args: its arguments.
            kwargs: likewise, by name.
            may_log: if nothing may be frozen, True notes the read, and further runs find out whether the result depends
                on it; False refuses it at once.

        Raises:
            ExportError: the number may not be read, or is one of more than 64 to freeze in one read.
        """
        live = [tensor for tensor in map(self._current, tensors_in((args, kwargs))) if self._tape.is_live(tensor)]
        name, line = name.strip("_"), calling_line()
        values = tuple(map(self._tape.value_of, live))
        if all(map(self._is_check, values)):  # no cell can make it another one
            return self._taken(function, args, kwargs)
        if self._earlier is None:
            refusal = self._refusal(name, line, live)
            self._reads += 1
            if not may_log or function.__name__ not in ANSWERED or self._reads >= _MOST_READS:
                raise ExportError(refusal)
            return self._noted(self._taken(function, args, kwargs), refusal)
        if sum(value.data.size for value in values) > _MOST:
            raise ExportError(f"{name}() in {line} reads more than {_MOST} numbers, which is too many to freeze")
        number = len(self.frozen)
        is_known = number < len(self._earlier)
        result = self._earlier[number].result if is_known else self._taken(function, args, kwargs)
        self.frozen.append(Frozen(name, line, result, values))
        return copy.deepcopy(result)  # the module may change it

    def sizes(self, tensor: torch.Tensor) -> list[int]:
        """Return the integers of a tensor that give a size, such as the lengths of sequences: [3, 2].

        If they come from integer inputs alone, these are put into `size_inputs`; else they are read as by `read`.
        """
        found = self._whole_inputs(self._tape.value_of(self._current(tensor)))
        if found is None:
            read: list[int] = self.read(torch.Tensor.tolist, "tolist", (tensor,), {}, may_log=True)
            return read
        self.size_inputs |= found
        plain: list[int] = self._current(tensor).tolist()
        return plain

    def _whole_inputs(self, value: Value) -> set[Value] | None:
        maker = self._tape.maker_of(value)
        if maker is None:
            is_one = value.kind == "input" and not (value.is_float or value.drawn)
            return {value} if is_one else None
        behind = [self._whole_inputs(each) for each in maker.inputs if each.kind != "constant"]
        return None if None in behind else set[Value]().union(*filter(None, behind))

    def checked(self, name: str, result: Any) -> Any:
        """Return the result of the function `name` unchanged; allow a branch on it if that is 'isnan' or the like.

        No cell is NaN or infinite, so the branch is always the same.
        """
        if name in CHECKS and isinstance(result, torch.Tensor) and self._tape.is_live(self._current(result)):
            self._checks.add(self._tape.value_of(self._current(result)))
        return result

    def _is_check(self, value: Value) -> bool:
        if value in self._checks or value.kind == "constant":
            return True
        maker = self._tape.maker_of(value)
        return maker is not None and all(map(self._is_check, maker.inputs))

    def _taken(self, function: Function, args: Args, kwargs: Kwargs) -> Any:
        args, kwargs = changed((args, kwargs), lambda x: self._current(x).detach().clone())
        return self.answers.read(function, args, kwargs) if self.answers else function(*args, **kwargs)

    def text(self, function: Function, args: Args, kwargs: Kwargs) -> Any:
        """Return the text that a function makes of a tensor, 'tensor(0.5)', and keep the read in `noted`."""
        refusal = (
            f"what is computed depends on the text of a tensor, made in {calling_line()}; a workbook cannot follow it: "
            "choose with torch.where or an index, or give the number as a plain one"
        )
        return self._noted(self._taken(function, args, kwargs), refusal)

    def _noted(self, answer: Any, refusal: str) -> Any:
        read = self.noted.setdefault(users_place(), ReadLine(refusal))
        read.answers.append(copy.deepcopy(answer))
        return answer

    def between_brackets(self, index: Any, *, picks: bool) -> Any:
        """Return the index of `x[index]` with plain numbers as bounds: slice(0, 3) for slice(0, n), n a tensor of 3.

        `picks` is True if x[index] is read, not written. A mask that depends on inputs is then frozen if `may_freeze`,
        since the number of elements depends on it.
        """
        if isinstance(index, slice):
            return slice(*(self._bound(part) for part in (index.start, index.stop, index.step)))
        if isinstance(index, tuple):
            return tuple(self.between_brackets(part, picks=picks) for part in index)
        is_mask = picks and isinstance(index, torch.Tensor) and index.dtype == torch.bool
        if is_mask and self.may_freeze and self._tape.is_live(self._current(index)):
            return self.read(torch.clone, "mask", (index,), {})
        return index

    def is_picking(self, index: tuple[Any, ...]) -> bool:
        """Return whether an index, (mask,) in x[x > 0], is a mask that depends on inputs; False if `may_freeze`."""
        if len(index) != 1 or not isinstance(index[0], torch.Tensor) or self.may_freeze:
            return False
        mask = self._current(index[0])
        return mask.dtype == torch.bool and mask.dim() > 0 and self._tape.is_live(mask)

    def is_asking_where(self, name: str, args: Args, kwargs: Mapping[str, Any]) -> bool:
        """Return whether a call is `torch.where(c)` or `c.nonzero(as_tuple=True)`, by its name, 'where', and arguments.

        False if `may_freeze`. Else its result is to be kept as `MaskedRows`, as the number of places may change.
        """
        apart = kwargs == {"as_tuple": True}
        asks = (name == "where" and not kwargs) or (name == "nonzero" and apart)
        return asks and len(args) == 1 and not self.may_freeze and self._current(args[0]).dim() > 0

    def _bound(self, part: Any) -> Any:
        is_live = isinstance(part, torch.Tensor) and self._tape.is_live(self._current(part))
        return self.read(torch.Tensor.__index__, "__index__", (part,), {}) if is_live else part

    def _refusal(self, name: str, line: str, live: Sequence[torch.Tensor]) -> str:
        if is_sized_by_numbers(name, live) or name == "unique2":
            way = "minlength=" if name == "bincount" else "x[mask], torch.where(c, x, y), multiply by the mask"
            return (
                f"how many elements {name.rstrip('2')}() gives in {line} depends on the inputs, and a sheet cannot "
                f"grow: use {way}, or freeze it as it is now (freeze_branches=True, --freeze-branches)"
            )
        inputs = [value for value in map(self._tape.value_of, live) if value.kind == "input"]
        given = next((value.name for value in inputs if not value.drawn), "")
        advice = _WAYS_ROUND.get(name, _WAYS_ROUND["item"])
        if given:
            advice = f"give '{given}' as a plain number or a list, keep it in a buffer of the module, or {advice}"
        if name == "bool" and re.search(r"(?<!\.)\b(max|min)\(", line):
            advice = f"use torch.maximum and torch.minimum instead of Python's max and min, or {advice}"
        what = "a tensor that is computed, or of an input or a parameter,"
        if any(value.drawn for value in inputs):
            what = "a tensor that is drawn at random"
        return (
            f"a number of {what} is read by {name}() in {line}; a "
            f"workbook cannot follow a number out of its tensors: {advice}; or freeze what is read as it is now "
            "(freeze_branches=True, --freeze-branches)"
        )


_WAYS_ROUND = {
    "bool": "use torch.where(c, x, y) for a branch",
    "index": "use the tensor itself for a place, as x[i]; how often, how long and how large cannot follow",
    "item": "leave it a tensor, as x.mean() for x.mean().item(), and use PyTorch's functions for Python's and NumPy's",
}
"""The advice by the function that reads; 'item' stands for all others."""


def is_sized_by_numbers(name: str, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None) -> bool:
    """Return whether the shape of a function's result depends on numbers in tensors: True for 'nonzero'.

    'where' is one with a single argument, torch.where(c), but not with three; 'bincount' unless `minlength` exceeds all
    numbers.
    """
    if name == "bincount" and len(args) > 0 and args[0].numel():
        least: int = [*args[2:], (kwargs or {}).get("minlength", 0)][0]
        return int(args[0].max()) >= least
    return name in DATA_DEPENDENT or (name == "where" and len(args) == 1)
