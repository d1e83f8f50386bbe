"""Records what PyTorch does to each number, forward and backward, below autograd.

Whatever PyTorch computes arrives here as ATen calls, also the backward pass: so views, hooks, custom functions,
checkpoints and second derivatives need no code. A call that no cell reaches gives plain numbers; one that only moves
numbers is run on their ids; one with a row is recorded; of any other PyTorch knows the simpler calls it consists of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from excel_export.recorder.ids import Ids
from excel_export.recorder.moves import deciding, moved, only_moves
from excel_export.recorder.rows import ROWS
from excel_export.recorder.rows.linear import LINEAR
from excel_export.recorder.spans import Span, Spans, node_span
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import INFINITY
from excel_export.shared.trees import leaves, mapped
from excel_export.shared.users_code import calling_line

ALLOCATES = {
    "empty_like", "full_like", "new_empty", "new_empty_strided", "new_full", "new_ones", "new_zeros", "ones_like",
    "rand_like", "randn_like", "zeros_like",
}  # fmt: skip
"""Calls that read no number of the tensor that they get."""
OVERWRITES = {"bernoulli_", "copy_", "fill_", "normal_", "random_", "uniform_", "zero_", "exponential_"}
"""Calls after which nothing of the first tensor is left."""
READS = {"_local_scalar_dense", "equal", "is_nonzero"}
"""Calls that give Python a number."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A tensor among the arguments or results of a recorded call: which numbers it held then."""

    ids: np.ndarray
    """The ids of its elements, int64 in its shape."""
    dtype: torch.dtype
    """Its type: torch.float64, or torch.bool for truth values."""


@dataclass(frozen=True, eq=False)
class AtenCall:
    """A recorded call: AtenCall('mm', …, (Numbers, Numbers), {}, [Numbers])."""

    name: str
    """Its name without 'aten::', overload and the underscore of a call in place: 'add' for `x.add_(1)`."""
    function: Any
    """The ATen call."""
    args: tuple[Any, ...]
    """Its arguments, with `Numbers` in place of tensors."""
    kwargs: dict[str, Any]
    """Its arguments by name."""
    results: list[Numbers]
    """Its results, each a block of new ids."""
    span: Span | None = None
    """The call in the user's code to which it belongs; None for what belongs to none, as the first gradient, 1."""
    is_backward: bool = False
    """True if it belongs to the way back of its span."""


@dataclass(frozen=True)
class Read:
    """A number that Python read out of a tensor although cells decide it: Read('equal', 'net.py, line 9: …')."""

    name: str
    """The ATen call that read it."""
    line: str
    """The line of the user's code: 'net.py, line 9: print(loss.item())'."""


@dataclass
class Recording:
    """What was recorded: all numbers, and the calls that computed those that cells decide, in order."""

    ids: Ids = field(default_factory=Ids)
    """All numbers."""
    calls: list[AtenCall] = field(default_factory=list)
    """The calls, in order."""
    reads: list[Read] = field(default_factory=list)
    """What Python read."""
    spans: list[Span] = field(default_factory=list)
    """The calls in the user's code, in order."""


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A context that records: with Recorder() as recorder: loss = net(x); loss.backward(). See `recording`."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        ids = Ids()
        self.spans = Spans(self._numbers, lambda grad: ids.of(grad).numpy().copy())
        """The context that notes which call in the user's code each ATen call belongs to."""
        self.recording = Recording(ids, spans=self.spans.found)

    def leaf(self, tensor: torch.Tensor, kind: Any, name: str) -> None:
        """Give a tensor cells of its own: 'input', 'parameter' or 'buffer', called `name`; before anything is run."""
        ids = self.recording.ids
        # An element of an expanded tensor stands at several places, and has one cell.
        own = [1 if step == 0 else n for n, step in zip(tensor.shape, tensor.stride(), strict=True)]
        once = tensor.detach().as_strided(own, tensor.stride())
        ids.put(once, ids.new(once, kind, name))

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, ids = kwargs or {}, self.recording.ids
        name, written = name_of(function), _written(function, args, kwargs)
        if torch.Tag.inplace_view in function.tags or name in ALLOCATES or _is_view(function):
            result = function(*args, **kwargs)
            return self._drawn(name, result) if torch.Tag.nondeterministic_seeded in function.tags else result
        tensors = _tensors((args, kwargs))
        read = tensors[1:] if name in OVERWRITES else tensors
        is_live = any(ids.knows(each) and ids.decide(each) for each in read)
        if torch.Tag.nondeterministic_seeded in function.tags and not is_live:
            return self._drawn(name, function(*args, **kwargs))
        if not is_live:
            result = function(*args, **kwargs)
            for each in written:
                if ids.knows(each):  # else its numbers are read when they are needed
                    ids.put(each, ids.new(each, "constant", name))
            return result
        return self._live(name, function, args, kwargs, written)

    def _live(
        self, name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], written: list[torch.Tensor]
    ) -> Any:
        ids = self.recording.ids
        if name in READS:
            self.recording.reads.append(Read(name, calling_line()))
            return function(*args, **kwargs)
        bare = name if name.endswith("__") else name.removesuffix("_")
        for each in written:
            ids.of(each)  # what the call leaves as it is, of a tensor that was never seen, has ids, too
        plain = function if not written else _functional(function, bare)
        decided = any(map(ids.decide, deciding(plain, args, kwargs)))
        if only_moves(bare, plain, args, kwargs) and not decided:
            kept = {key: item for key, item in kwargs.items() if key != "out"}
            new: list[torch.Tensor] = moved(bare, plain, args, kept, ids.of, ids.of_number)
            result = function(*args, **kwargs)
        elif bare in ROWS or bare in LINEAR:
            before = mapped((args, kwargs), (torch.Tensor, float), self._numbers)
            result = function(*args, **kwargs)
            new = self._record(bare, plain, before, written or _tensors(result))
        else:
            return self._decomposed(name, plain, function, args, kwargs, written)
        for each, numbers in zip(written or _tensors(result), new, strict=True):
            if written or not ids.knows(each):
                ids.put(each, numbers)
        return result

    def _record(self, name: str, function: Any, before: Any, results: list[torch.Tensor]) -> list[torch.Tensor]:
        ids = self.recording.ids
        new = [ids.new(each, "result", name) for each in results]
        numbers = [Numbers(each.numpy(), result.dtype) for each, result in zip(new, results, strict=True)]
        args, kwargs = before
        kwargs = {key: item for key, item in kwargs.items() if key != "out"}
        back = node_span(self.spans)
        span = back or self.spans.open
        call = AtenCall(name, function, args, kwargs, numbers, span, is_backward=back is not None)
        if span:
            (span.backward if back else span.forward).append(call)
        self.recording.calls.append(call)
        return new

    def _numbers(self, item: float | torch.Tensor) -> Any:
        if isinstance(item, float):
            return item if math.isfinite(item) else math.copysign(INFINITY, item)
        return Numbers(self.recording.ids.of(item).numpy().copy(), item.dtype)

    def _decomposed(
        self, name: str, plain: Any, function: Any, args: Any, kwargs: Any, written: list[torch.Tensor]
    ) -> Any:
        """Run the calls of which PyTorch makes this one, in this mode: they are recorded."""
        simpler: Callable[..., Any] = torch._decomp.decomposition_table.get(plain, plain.decompose)
        kept = {key: item for key, item in kwargs.items() if key != "out"}
        with self:
            result = simpler(*args, **kept)
        if result is NotImplemented:
            raise ExportError(f"{name.removesuffix('_')} has no formula ({calling_line()})")
        if not written:
            return result
        returned = function(*args, **kwargs)
        for target, made in zip(written, _tensors(result), strict=True):
            self.recording.ids.put(target, self.recording.ids.of(made))
        return returned

    def _drawn(self, name: str, result: Any) -> Any:
        for each in _tensors(result):
            self.leaf(each, "drawn", name)
        return result


def name_of(function: Any) -> str:
    """Return 'add' for aten::add.Tensor and aten::add.out, and 'add_' for the call in place."""
    name: str = function._schema.name.split("::")[1]
    return name


def _tensors(tree: Any) -> list[torch.Tensor]:
    return leaves(tree, torch.Tensor)


def _written(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """Return the tensors among the arguments that the call writes into."""
    found = []
    for n, argument in enumerate(function._schema.arguments):
        item = args[n] if n < len(args) else kwargs.get(argument.name)
        if argument.alias_info is not None and argument.alias_info.is_write:
            found += [item] if isinstance(item, torch.Tensor) else []
    return found


def _is_view(function: Any) -> bool:
    """Return whether the call returns its argument's own numbers, in another shape: then they have ids already."""
    returns = function._schema.returns
    shares = any(each.alias_info is not None and not each.alias_info.is_write for each in returns)
    return shares or function is torch.ops.aten._unsafe_view.default


def _functional(function: Any, name: str) -> Any:
    """Return the call that returns what this one writes: aten.add.Tensor for aten.add_.Tensor."""
    packet = getattr(torch.ops.aten, name)
    overload = function._overloadname
    if overload in packet.overloads():
        return getattr(packet, overload)
    plain = overload.replace("_out", "").replace("out", "") or "default"
    return getattr(packet, plain if plain in packet.overloads() else packet.overloads()[0])
