"""A function's calls of PyTorch's basic functions (ATen), written down as steps that can be run again.

PyTorch's make_fx does the same and more; it loads 800 modules at first, and takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.func import functionalize
from torch.utils._python_dispatch import TorchDispatchMode

from excel_export.shared.trees import Args, Function, Kwargs, leaves, mapped, tree_map_only

ATen = torch._ops.OpOverload
_SIZES = {torch.ops.aten.size.default, torch.ops.aten.stride.default, torch.ops.aten.storage_offset.default}
Table = Mapping[ATen, Function]
"""Decompositions: for a basic function, a Python function of the same arguments that calls other basic functions."""


@dataclass(frozen=True)
class Hole:
    """A stand-in for a tensor in a recorded call: Hole(-1) for the first input, Hole(0) for step 0's result."""

    number: int
    """The index of the step, from 0 on; −1, −2, … for the first, second, … input tensor."""
    part: int | None = None
    """The index of the result, from 0 on, if the step returns several; None if it returns a single tensor."""


@dataclass(frozen=True)
class BasicCall:
    """A call of a basic function with holes: BasicCall(aten.mul.Tensor, (Hole(-1), 2), {}, depends=True)."""

    function: ATen
    """The basic function: aten.mul.Tensor."""
    args: Args
    """Its arguments, with a `Hole` for each tensor: (Hole(-1), 2)."""
    kwargs: Kwargs
    """Its arguments by name, likewise."""
    depends: bool
    """True if the call's result depends on an input tensor."""


@dataclass(frozen=True)
class Steps:
    """The basic calls of a function, and its result: x * 2 + 1 is a mul, an add, and the result Hole(1)."""

    steps: list[BasicCall]
    """The calls, in order."""
    result: Any
    """The function's result, with a `Hole` for each tensor."""

    def run(self, given: Sequence[Any], as_function: Callable[[ATen], Function] = lambda aten: aten) -> Any:
        """Return the function's result for `given`, the input tensors in their order: 7 for x * 2 + 1 and [3].

        `as_function` maps each basic function to the one that is called: by default itself.
        """
        found: list[Any] = []

        def filled(hole: Hole) -> Any:
            item = given[-1 - hole.number] if hole.number < 0 else found[hole.number]
            return item if hole.part is None else item[hole.part]

        for step in self.steps:
            args, kwargs = mapped((step.args, step.kwargs), Hole, filled)
            found.append(as_function(step.function)(*args, **kwargs))
        return tree_map_only(Hole, filled, self.result)

    def needed(self) -> Steps:
        """Return only the steps that the result depends on, numbered anew: of mul and add the mul for Hole(0)."""
        todo = {hole.number for hole in leaves(self.result, Hole)}
        kept = []
        for number in reversed(range(len(self.steps))):
            if number in todo:
                kept.append(number)
                todo |= {hole.number for hole in leaves((self.steps[number].args, self.steps[number].kwargs), Hole)}
        places = {number: place for place, number in enumerate(reversed(kept))}

        def moved(hole: Hole) -> Hole:
            return replace(hole, number=places.get(hole.number, hole.number))

        steps = [
            replace(step, args=mapped(step.args, Hole, moved), kwargs=mapped(step.kwargs, Hole, moved))
            for number, step in enumerate(self.steps) if number in places
        ]  # fmt: skip
        return Steps(steps, mapped(self.result, Hole, moved))


def steps_of(function: Function, tensors: Sequence[torch.Tensor], made_of: Table) -> Steps:
    """Return, as `Steps`, the calls of basic functions (ATen) that function(*tensors) makes, as aten.mul for x * 2.

    A function in `made_of`, {aten.silu.default: function}, is replaced by the calls that the function there makes.

    Raises:
        Exception: the function cannot be run, or reads a plain number of a tensor that depends on `tensors`.
    """
    mode = WriteDown(tensors, made_of)
    return mode.steps_to(mode.result_of(function, tensors), tensors)


class WriteDown(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A context that records each call of a basic function, such as aten.mul: with WriteDown([x], {}) as mode: x * 2.

    It takes the input tensors and the functions to be replaced, {aten.silu.default: a function of the same arguments
    that calls others}. `steps_to` returns the recording.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else PyTorch loads its compiler, to tell it to leave this class alone

    def __init__(self, tensors: Sequence[torch.Tensor], made_of: Table) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.steps: list[BasicCall] = []
        """The recorded calls, in order."""
        self._made_of = made_of
        self.holes = {self.key(tensor): Hole(-1 - number) for number, tensor in enumerate(tensors)}
        """The stand-in of each input and each result, by `key`."""
        self._depend = set(self.holes)
        self._kept: list[Any] = [*tensors]
        """Tensors that are held so that no id is used again."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function in self._made_of:
            with self:
                return self._made_of[function](*args, **kwargs)
        if function not in _SIZES and not torch._C._dispatch_has_kernel_for_dispatch_key(function.name(), "CPU"):
            with self:
                result = function.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        given = {self.key(tensor) for tensor in leaves((args, kwargs), torch.Tensor)}
        depends = bool(given & self._depend)
        if torch.Tag.data_dependent_output in function.tags and depends:
            raise RuntimeError(f"{function} asks for a number of a tensor")
        if function is torch.ops.aten.lift_fresh.default:  # of a new constant, which a step in place would change
            function = torch.ops.aten.lift_fresh_copy.default
        holed_args, holed_kwargs = mapped((args, kwargs), torch.Tensor, self.hole)
        result = function(*args, **kwargs)
        for part, tensor in self._parts(result):
            self.holes[self.key(tensor)] = Hole(len(self.steps), part)
            self._depend |= {self.key(tensor)} if depends else set()
        self._kept.append((args, kwargs, result))
        self.steps.append(BasicCall(function, holed_args, holed_kwargs, depends))
        return result

    def result_of(self, function: Function, tensors: Sequence[torch.Tensor]) -> Any:
        """Return function(*tensors), recorded in `steps`; a change in place, x.add_(1), is recorded as a new tensor."""
        with self:
            return functionalize(function)(*tensors)

    def steps_to(self, result: Any, tensors: Sequence[torch.Tensor]) -> Steps:
        """Return all recorded calls as `Steps`, whose run(tensors) gives `result`, a tensor or a list of some.

        Changes in place, x.add_(1), become new tensors.
        """
        steps = Steps(self.steps, tree_map_only(torch.Tensor, self.hole, result))
        if not any(step.function._schema.is_mutable for step in self.steps):
            return steps
        again = WriteDown(tensors, self._made_of)
        result = again.result_of(lambda *given: steps.run(given), tensors)
        return Steps(again.steps, tree_map_only(torch.Tensor, again.hole, result))

    def hole(self, tensor: torch.Tensor) -> Hole | torch.Tensor:
        """Return the stand-in for a tensor in recorded calls, Hole(-1) of the first input; a constant itself."""
        return self.holes.get(self.key(tensor), tensor)

    def key(self, tensor: torch.Tensor) -> Any:
        """Return id(tensor), the key of a tensor in `holes`, which has the stand-ins of recorded tensors."""
        return id(tensor)

    @staticmethod
    def _parts(result: Any) -> Iterator[tuple[int | None, torch.Tensor]]:
        if isinstance(result, torch.Tensor):
            yield None, result
        elif isinstance(result, (list, tuple)):
            yield from ((part, item) for part, item in enumerate(result) if isinstance(item, torch.Tensor))
