"""Masks that depend on the inputs: what they pick is read by `x[mask]`, and written by `x[mask] = y`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.compiler.trace.data_dependent_reads import DataDependentReads
from excel_export.compiler.trace.in_place import Changes
from excel_export.compiler.trace.masked_places import holds_places, places_of, taken_at, written_at
from excel_export.compiler.trace.masked_rows import Mask, MaskedRows
from excel_export.compiler.trace.tape import Tape
from excel_export.shared.errors import UnsupportedOperator

_READ, _WRITE = torch.Tensor.__getitem__, torch.Tensor.__setitem__


class Masks:
    """Reads and writes what masks pick."""

    def __init__(
        self,
        tape: Tape,
        changes: Changes,
        reads: DataDependentReads,
        recording: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._tape, self._changes, self._reads = tape, changes, reads
        self._recording = recording

    def brackets(self, function: Any, args: tuple[Any, ...]) -> Any:
        """Do what stands in `x[…]` or `x[…] = y`, where it picks by masks; NotImplemented for what does not."""
        if function not in (_READ, _WRITE):
            return NotImplemented
        whole, index, *value = args
        if isinstance(index, tuple) and self._reads.is_picking(index[:1]):
            index = (*self.places(index[0]), *index[1:])  # `x[mask, 1]` is `x[*torch.where(mask), 1]`
        if isinstance(whole, torch.Tensor) and holds_places(index):
            if function is _READ:
                return self._recording(lambda: taken_at(whole, index))
            new = self._recording(lambda: written_at(whole, index, *value))
        elif function is _WRITE and isinstance(value[0], MaskedRows):
            new = self._written(whole, index, value[0])
        else:
            return NotImplemented
        return self._changes.assign(whole, new)

    def places(self, condition: torch.Tensor) -> tuple[MaskedRows, ...]:
        """Return where a condition holds, as `torch.where(condition)` does."""
        found: tuple[MaskedRows, ...] = self._recording(lambda: places_of(condition, self._mask(condition)))
        return found

    def picked(self, function: Any, args: tuple[Any, ...]) -> MaskedRows:
        """Return `x[mask]`, or `masked_select(x, mask)`, which lets both broadcast."""

        def compute() -> MaskedRows:
            broadcasts = function.__name__ == "masked_select"
            whole, mask = torch.broadcast_tensors(*args) if broadcasts else args  # type: ignore[no-untyped-call]
            return MaskedRows.of(whole, mask, self._mask(mask))

        found: MaskedRows = self._recording(compute)
        return found

    def _mask(self, mask: torch.Tensor) -> Mask:
        return Mask(self._tape.value_of(self._changes.current(mask)), self._tape.calls)

    def _written(self, target: torch.Tensor, mask: Any, picked: MaskedRows) -> torch.Tensor:
        """What `target[mask] = other[mask]` makes of a tensor."""
        is_live = isinstance(mask, torch.Tensor) and self._tape.is_live(self._changes.current(mask))
        if not (is_live and self._mask(mask).is_like(picked.by)):
            raise UnsupportedOperator(
                f"x[mask] = y in {calling_line()}: which numbers go where depends on the inputs; use one mask for "
                "both, or torch.where"
            )
        new: torch.Tensor = self._recording(lambda: picked.put_into(target))
        return new
