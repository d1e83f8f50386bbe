"""Numbers that Python reads out of tensors: no cell can follow them. So they are refused, or frozen on request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch

from excel_export.compiler.reference.tensors import changed, tensors_in
from excel_export.compiler.refuse.users_code import calling_line
from excel_export.compiler.trace.tape import Tape
from excel_export.graph.graph import Frozen
from excel_export.shared.errors import ExportError

CONCRETIZING = {"__bool__", "__int__", "__float__", "__complex__", "__index__", "__array__", "__contains__", "item",
                "tolist", "numpy", "equal", "allclose", "is_nonzero"}  # fmt: skip
"""They make plain numbers of tensors."""
DATA_DEPENDENT = {"nonzero", "argwhere", "unique", "_unique2", "unique_consecutive", "bincount"}
"""They make tensors whose shape depends on numbers."""
TEXTS = {"__repr__", "__format__"}
"""They make texts of tensors."""
_MOST = 64
"""How many numbers a sheet can compare with what they were."""


class Concretization:
    """The numbers that were read.

    Args:
        tape: where the values are.
        current: what tensor an object stands for.
        frozen: what was read in an earlier run, to be given again; None where nothing may be read.
        other_texts: give texts of other numbers, to see whether something depends on them.
    """

    def __init__(
        self,
        tape: Tape,
        current: Callable[[torch.Tensor], torch.Tensor],
        frozen: Sequence[Frozen] | None,
        *,
        other_texts: bool = False,
    ) -> None:
        self.frozen: list[Frozen] = []
        self.texts: list[str] = []
        """The lines in which a text was made."""
        self._tape, self._current, self._earlier, self._other_texts = tape, current, frozen, other_texts

    @property
    def may_freeze(self) -> bool:
        """Whether numbers may be read."""
        return self._earlier is not None

    def concretize(self, function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what a function reads out of tensors.

        Raises:
            ExportError: it must not.
        """
        live = [tensor for tensor in map(self._current, tensors_in((args, kwargs))) if self._tape.is_live(tensor)]
        name, line = name.strip("_"), calling_line()
        if self._earlier is None:
            raise ExportError(self._refusal(name, line, live))
        values = tuple(map(self._tape.value_of, live))
        if sum(value.data.size for value in values) > _MOST:
            raise ExportError(f"{name}() in {line} reads more than {_MOST} numbers, which is too many to freeze")
        number = len(self.frozen)
        if number < len(self._earlier):
            result = self._earlier[number].result
        else:
            args, kwargs = changed((args, kwargs), self._plain)
            result = function(*args, **kwargs)
        self.frozen.append(Frozen(name, line, result, values))
        return copy.deepcopy(result)  # the module may change it

    def text(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the text that a function makes of a tensor."""
        self.texts.append(calling_line())
        tensor = self._current(args[0])
        return function(_other(tensor) if self._other_texts else tensor, *args[1:], **kwargs)

    def between_brackets(self, index: Any, *, picks: bool) -> Any:
        """Return what stands in `x[…]`, with plain numbers as the bounds of slices.

        Where it `picks` elements, a mask is frozen, too: how many it picks depends on the numbers.
        """
        if isinstance(index, slice):
            return slice(*(self._bound(part) for part in (index.start, index.stop, index.step)))
        if isinstance(index, tuple):
            return tuple(self.between_brackets(part, picks=picks) for part in index)
        is_mask = picks and isinstance(index, torch.Tensor) and index.dtype == torch.bool
        if is_mask and self.may_freeze and self._tape.is_live(self._current(index)):
            return self.concretize(torch.clone, "mask", (index,), {})
        return index

    def _bound(self, part: Any) -> Any:
        is_live = isinstance(part, torch.Tensor) and self._tape.is_live(self._current(part))
        return self.concretize(torch.Tensor.__index__, "__index__", (part,), {}) if is_live else part

    def _plain(self, tensor: torch.Tensor) -> torch.Tensor:
        return self._current(tensor).detach().clone()

    def _refusal(self, name: str, line: str, live: Sequence[torch.Tensor]) -> str:
        inputs = [value for value in map(self._tape.value_of, live) if value.kind == "input"]
        given = next((value.name for value in inputs if not value.drawn), "")
        advice = f"give '{given}' as a plain number or a list, or use" if given else "use"
        what = "a tensor that is computed, or of an input or a parameter,"
        if any(value.drawn for value in inputs):
            what = "a tensor that is drawn at random"
        return (
            f"a number of {what} is read by {name}() in {line}; a "
            f"workbook cannot follow a number out of its tensors: {advice} torch.where for a branch, or freeze what is "
            "read as it is now (freeze_branches=True, --freeze-branches)"
        )


def _other(tensor: torch.Tensor) -> torch.Tensor:
    """Return other numbers of the same type."""
    tensor = tensor.detach()
    if tensor.dtype == torch.bool:
        return ~tensor
    return -2 * tensor - 3 if tensor.is_floating_point() else tensor + 1
