"""Masks that depend on the inputs: `x[mask]` reads the rows that they pick, and `x[mask] = y` writes them.

Of torch.where(c) and c.nonzero(as_tuple=True), all places stay, and the mask says which count. So a mixture of experts
is written: the tokens of each expert are taken at such places, and added there.
"""

from collections.abc import Sequence
from typing import Any

import torch

from excel_export.compiler.trace.data_dependent_reads import DataDependentReads
from excel_export.compiler.trace.in_place import Changes
from excel_export.compiler.trace.masked_rows import MaskedRows, are_alike, wide
from excel_export.compiler.trace.tape import Tape
from excel_export.graph.graph import Value
from excel_export.shared.errors import UnsupportedOperator
from excel_export.shared.trees import Args, Function, leaves, mapped
from excel_export.shared.users_code import calling_line

_READ, _WRITE = torch.Tensor.__getitem__, torch.Tensor.__setitem__


class Masks:
    """A recorder of x[mask] and x[mask] = y, if masks depend on inputs.

    It takes the recorded calls, the tensor that each object stands for, the numbers that Python reads, and a function:
    recording(f) returns f(), with all calls in it recorded.
    """

    def __init__(self, tape: Tape, changes: Changes, reads: DataDependentReads, recording: Function) -> None:
        self._tape, self._changes, self._reads, self._recording = tape, changes, reads, recording

    def brackets(self, function: Any, args: Args) -> Any:
        """Return the result of a Tensor.__getitem__ or __setitem__ with `MaskedRows`; NotImplemented for other calls.

        `args` are (x, index) or, for x[index] = y, (x, index, y), with `MaskedRows` in the index or as y; the change is
        recorded then, and the result is None.
        """
        if function not in (_READ, _WRITE):
            return NotImplemented
        whole, index, *value = args
        if isinstance(index, tuple) and self._reads.is_picking(index[:1]):
            index = (*self.places(index[0]), *index[1:])  # `x[mask, 1]` is `x[*torch.where(mask), 1]`
        new: torch.Tensor
        if isinstance(whole, torch.Tensor) and leaves(index, MaskedRows):
            if function is _READ:
                return self._recording(lambda: taken_at(whole, index))
            new = self._recording(lambda: written_at(whole, index, *value))
        elif function is _WRITE and isinstance(value[0], MaskedRows):
            new = self._written(whole, index, value[0])
        else:
            return NotImplemented
        return self._changes.assign(whole, new)

    def places(self, condition: torch.Tensor) -> tuple[MaskedRows, ...]:
        """Return the indices at which a condition holds, as torch.where(c) does: `MaskedRows` for each dimension."""
        found: tuple[MaskedRows, ...] = self._recording(lambda: places_of(condition, self._mask(condition)))
        return found

    def picked(self, function: Any, args: Args) -> MaskedRows:
        """Return `x[mask]`, or `masked_select(x, mask)`, which broadcasts both, as `MaskedRows`."""

        def compute() -> MaskedRows:
            broadcasts = function.__name__ == "masked_select"
            whole, mask = torch.broadcast_tensors(*args) if broadcasts else args  # type: ignore[no-untyped-call]
            return MaskedRows.of(whole, mask, self._mask(mask))

        found: MaskedRows = self._recording(compute)
        return found

    def _mask(self, mask: torch.Tensor) -> Value:
        return self._tape.value_of(self._changes.current(mask))

    def _written(self, target: torch.Tensor, mask: Any, picked: MaskedRows) -> torch.Tensor:
        is_live = isinstance(mask, torch.Tensor) and self._tape.is_live(self._changes.current(mask))
        if not (is_live and are_alike(self._mask(mask), picked.by)):
            raise UnsupportedOperator(
                f"x[mask] = y in {calling_line()}: which numbers go where depends on the inputs; use one mask for "
                "both, or torch.where"
            )
        new: torch.Tensor = self._recording(lambda: picked.put_into(target))
        return new


def places_of(condition: torch.Tensor, by: Value) -> tuple[MaskedRows, ...]:
    """Return the indices where `condition` is not 0, a `MaskedRows` for each dimension; `by` is its value in the graph.

    (MaskedRows([0, 1, 2], [True, False, True], by),) for [1, 0, 1].
    """
    with torch._C.DisableTorchFunction():
        every = torch.ones(condition.shape, dtype=torch.bool).nonzero(as_tuple=True)
    mask = (condition if condition.dtype == torch.bool else condition != 0).reshape(-1)
    return tuple(MaskedRows(places, mask, by) for places in every)


def taken_at(whole: torch.Tensor, index: Any) -> Any:
    """Return `whole[index]` as `MaskedRows`, for an index that begins with some, (places, 0), or None and some.

    Raises:
        UnsupportedOperator: the picked rows would not lie along the first dimension, or two masks pick them.
    """
    items = [*index] if isinstance(index, tuple) else [index]
    leads = items[0] is None
    picked = _of_one_mask(items[leads:])
    rows = whole[_rows(tuple(items[leads:]))]
    if rows.is_floating_point():
        rows = torch.where(wide(picked.mask, rows), rows, MaskedRows.FILLED)
    found = MaskedRows(rows, picked.mask, picked.by)
    return _Led(found) if leads else found


def written_at(whole: torch.Tensor, index: Any, value: Any) -> torch.Tensor:
    """Return what `whole` is after `whole[index] = value`, as a new tensor.

    If several numbers go to one element, the last one stays, and PyTorch gives all of them the gradient.

    Raises:
        UnsupportedOperator: `value` has masked rows of another mask, or one row for each picked element.
    """
    items = index if isinstance(index, tuple) else (index,)
    picked = _of_one_mask(items)
    if isinstance(value, MaskedRows):
        if not are_alike(value.by, picked.by):
            raise UnsupportedOperator(_refusal("x[places] = y with other places"))
        value = value.rows
    elif isinstance(value, torch.Tensor) and value.dim() == whole.dim() and len(value) > 1:
        raise UnsupportedOperator(_refusal("x[places] = y with as many rows as there are places"))
    result, rows = whole.clone(), _rows(items)
    before = whole[rows]
    value = torch.as_tensor(value, dtype=before.dtype).expand(before.shape)
    turns = _turns([item.rows for item in items if isinstance(item, MaskedRows)])
    written = torch.zeros(whole.shape, dtype=torch.bool)
    for number, turn in enumerate(turns):
        at = _rows(items, turn)
        mask, new, old = wide(picked.mask[turn], before[turn]), value[turn], result[at]
        if number:
            new = new + torch.where(written[at], old - old.detach(), 0)
        if number < len(turns) - 1:
            written[at] = written[at] | mask
        result[at] = torch.where(mask, new, old)
    return result


class _Led:
    """The result of `x[None, places]`, until it is reshaped to a table of rows."""

    def __init__(self, picked: MaskedRows) -> None:
        self._picked = picked

    def reshape(self, *shape: Any) -> MaskedRows:
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        if tuple(wanted) != (-1, *self._picked.rows.shape[1:]):
            raise UnsupportedOperator(_refusal("reshape"))
        return self._picked

    view = reshape

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedOperator(_refusal(name))


def _of_one_mask(items: Sequence[Any]) -> MaskedRows:
    picked = [item for item in items if isinstance(item, MaskedRows)]
    kinds = ["places" if isinstance(item, (MaskedRows, int)) else "other" for item in items]
    behind = kinds[kinds.index("other") :] if "other" in kinds else []
    known = all(item is None or isinstance(item, (MaskedRows, int, slice)) or item is ... for item in items)
    if not (known and isinstance(items[0], MaskedRows) and "places" not in behind):
        raise UnsupportedOperator(_refusal("x[…] in this form"))
    if not all(are_alike(each.by, picked[0].by) for each in picked):
        raise UnsupportedOperator(_refusal("x[…] by two masks"))
    return picked[0]


def _rows(items: tuple[Any, ...], turn: torch.Tensor | None = None) -> tuple[Any, ...]:
    found: tuple[Any, ...] = mapped(items, MaskedRows, lambda item: item.rows if turn is None else item.rows[turn])
    return found


def _turns(places: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    with torch._C.DisableTorchFunction():
        counts: dict[tuple[int, ...], int] = {}
        turns: list[list[int]] = []
        for number, place in enumerate(zip(*(each.tolist() for each in places), strict=True)):
            turn = counts.get(place, 0)
            counts[place] = turn + 1
            if turn == len(turns):
                turns.append([])
            turns[turn].append(number)
        return [torch.tensor(turn) for turn in turns]


def _refusal(what: str) -> str:
    return (
        f"{what} in {calling_line()}, at places that depend on the inputs, is not supported: take rows as x[places], "
        "add them by index_add_, use a mask of all rows, or freeze the places as they are now (freeze_branches=True, "
        "--freeze-branches)"
    )
