"""Try whether a workbook follows its cells: compare the recorded calls with the module itself on other numbers.

On each set of numbers the module runs eagerly, and the recorded calls run again: loss and gradients must be equal. It
does not matter how a difference comes about: a constant that should be a cell, a branch, an index, a setting that
Python chose by a number it read, each makes a difference on some numbers. Then every read is answered otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.compiler.confirm.comparison import first_difference, is_same, pairs
from excel_export.compiler.confirm.other_answers import OtherAnswers
from excel_export.compiler.confirm.other_numbers import FURTHER, OF_WHOLE, SETS, Draw, NumberSet
from excel_export.compiler.reference.answers import ReadAnswers
from excel_export.compiler.reference.arguments import Inputs, mapped_inputs
from excel_export.compiler.reference.eager import EagerModule, EagerRun, silence
from excel_export.compiler.trace.replay import Replayed
from excel_export.compiler.trace.tracer import LeavesForward, trace_forward
from excel_export.graph.graph import Graph, ReadLine, Value
from excel_export.graph.whole_numbers import whole_numbers
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import is_infinite
from excel_export.shared.users_code import Place

Mode = Callable[[], AbstractContextManager[Any]]
"""A function that returns the context in which the module runs: nullcontext, or a class such as `Widen`."""

_NUDGE = 1e-13
"""The relative change of numbers by which one sees whether results depend on their last digits."""
_DRAWN = 8
"""The number of random masks that are tried if a mask decides what Python reads."""


@dataclass(frozen=True)
class OtherRun:
    """The results of a module's run on other numbers: values[x] and gradients[x] are arrays in x's shape."""

    name: str
    """The name of the set of numbers: 'of zeros'."""
    values: dict[Value, np.ndarray]
    """The numbers of inputs and parameters, and the results that the recorded calls give, float64."""
    gradients: dict[Value, np.ndarray]
    """The gradient of the loss by each input and parameter, as the module itself computes it."""


class Witness:
    """Compares a recorded graph with its module on other numbers: `refuse` tries all sets, `trial` one.

    Args:
        graph: what was recorded; it is right on the user's own numbers.
        module: the user's own module; each run uses a copy.
        inputs: its arguments.
        mode: returns the context in which the module runs: nullcontext for none, or a class such as `Widen`.
        also: further contexts, each of which breaks ties or rounds to a narrower type in another way. The graph is
            right on a set of numbers if it gives the module's result in one of them.
    """

    def __init__(self, graph: Graph, module: nn.Module, inputs: Inputs, mode: Mode, also: Sequence[Mode]) -> None:
        self._graph, self._module, self._inputs, self._mode, self._also = graph, module, inputs, mode, also
        self._runs, self._fixed = EagerModule(module), graph.settings.fixed
        self._given = [value for value in graph.of_kind("input") if not value.drawn]
        self._still = {k for k, value in enumerate(self._given) if value in graph.size_inputs}
        limits = whole_numbers(graph)
        self._limits = {k: (float(limits[value].lowest.max()), float(limits[value].highest.min()))
                        for k, value in enumerate(self._given) if value in limits}  # fmt: skip

    def refuse(self) -> int:
        """Compare on all sets of numbers; return the number of sets, 13 for most, on which the module could be run.

        Raises:
            ExportError: on some numbers the loss or a gradient is not the module's.
        """
        with silence():
            self._fixed |= {leaf.names[0] for leaf in self._own(None, 0).inputs if leaf.is_fixed}
            sets = (*SETS, *FURTHER) if self._graph.reads else SETS
            tried = sum(self._follows(other, seed) for seed, other in enumerate(sets, start=1))
            if self._graph.reads:
                OtherAnswers(self._graph, self._own, self._recorded, self._follows_either).refuse()
        return tried

    @property
    def keeps_state(self) -> bool:
        """True if a run changes something in the module, such as a counter; False also before the first run."""
        return bool(self._runs.keeps_state)

    def trial(self, other: NumberSet, seed: int, still: Collection[Value] = ()) -> OtherRun | None:
        """Run the module on other numbers.

        Args:
            other: makes the numbers, such as NumberSet('of zeros', …).
            seed: of random ones.
            still: the inputs of the graph that stay as they are.

        Returns:
            The numbers of the run; None if it cannot be run, a number is not finite, or the graph gives another result.
        """
        places = {k for k, value in enumerate(self._given) if value in still}
        with silence():
            try:
                own = self._own(other, seed, still=places)
            except ExportError:
                return None
            replayed = self._replayed(own)
        if not (_is_finite(own) and _is_finite_there(replayed)) or first_difference(self._graph, own, replayed):
            return None
        values = {value: tensor.detach().double().numpy(force=True) for value, tensor in replayed.values.items()}
        made = {value: tensor.grad for value, tensor in replayed.values.items() if tensor.is_floating_point()}
        gradients = {value: grad.numpy(force=True) for value, grad in made.items() if grad is not None}
        given = {value: leaf for _, value, leaf in pairs(self._graph, own) if value and leaf}
        if not all(np.isfinite(leaf.data).all() for leaf in given.values()):
            return None  # as a mask that is moved: no cell holds what it becomes
        gradients |= {value: leaf.grad for value, leaf in given.items() if leaf.grad is not None}
        return OtherRun(other.name, values | {self._graph.loss: own.loss}, gradients)

    def _own(
        self, other: NumberSet | None, seed: int, *contexts: AbstractContextManager[Any], still: Collection[int] = ()
    ) -> EagerRun:
        """Run the user's module on a set of numbers; on the given ones if it is None."""
        still = {*still, *self._still}
        inputs = mapped_inputs(self._inputs, other.input_changed(self._limits, seed, still)) if other else self._inputs
        moved = other.parameter_changed(seed) if other else None
        together = _Contexts(self._mode(), *contexts)
        return self._runs.run(inputs, together, self._fixed, moved)

    def _follows_either(self, place: Place, first: Sequence[bool]) -> bool:
        """Return whether one integer input decides a line's answers, as of `mask.all()`, and the calls follow both.

        To negate such an answer alone makes a run that cannot happen, such as a mask that hides something and is left
        out.
        """
        turned = [not each for each in first]
        places = {*range(len(self._given))}
        for mask in (k for k, value in enumerate(self._given) if not value.is_float):
            for other in OF_WHOLE:
                inputs = mapped_inputs(self._inputs, other.input_changed(self._limits, 1, places - {mask}))
                there = Witness(self._graph, self._module, inputs, self._mode, self._also)
                if there._answers_stay(place, turned, mask, SETS[:1]):
                    drawn = Witness(self._graph, self._module, self._inputs, self._mode, self._also)
                    return (
                        self._answers_stay(place, first, mask, SETS)
                        and there._answers_stay(place, turned, mask, SETS)
                        and all(drawn._is_followed(OF_WHOLE[-1], seed, still=places - {mask}) for seed in range(_DRAWN))
                    )
        return False

    def _answers_stay(self, place: Place, answers: Sequence[bool], mask: int, sets: Sequence[NumberSet]) -> bool:
        """Return whether a line reads these answers on all numbers with one input kept, no other line reads, and the
        calls follow.
        """
        for seed, other in enumerate(sets, start=1):
            seen = ReadAnswers(None)
            if not self._is_followed(other, seed, seen, still={mask}):
                return False
            if seen.noted and (seen.noted.get(place) != answers or not seen.noted.keys() <= self._graph.reads.keys()):
                return False
        return True

    def _is_followed(
        self, other: NumberSet, seed: int, *contexts: AbstractContextManager[Any], still: Collection[int]
    ) -> bool:
        """Return whether the recorded calls give what the module gives; True if it cannot be run."""
        try:
            self._follows(other, seed, *contexts, still=still)
        except ExportError:
            return False
        return True

    def _follows(
        self, other: NumberSet, seed: int, *contexts: AbstractContextManager[Any], still: Collection[int] = ()
    ) -> bool:
        """Return whether the module could be run on a set of numbers; the recorded calls then give the same."""
        try:
            own = self._own(other, seed, *contexts, still=still)
        except ExportError:
            return False
        replayed = self._replayed(own)
        if not (_is_finite(own) and _is_finite_there(replayed)):
            self._refuse_asking_for_infinity(other, own, replayed)
            return False  # a sheet shows an error there
        wrong = first_difference(self._graph, own, replayed)
        if wrong:
            self._runs = EagerModule(self._module)  # on these numbers it may have kept something for the next run
            if any(self._is_right_with(mode, other, seed) for mode in (nullcontext, *self._also)):
                return True
            if self._hangs_on_last_digits(other, seed, own):
                return False
            raise ExportError(self._refusal(other, seed, own, replayed, wrong[0]))
        return True

    def _refuse_asking_for_infinity(self, other: NumberSet, own: EagerRun, replayed: Replayed) -> None:
        """Refuse a module that compares with infinity to replace it: a sheet has an error there, not infinity."""
        asks = any(
            call.operator.name in ("eq", "ne") and isinstance(number, float) and bool(is_infinite(np.asarray(number)))
            for call in self._graph.calls for number in call.operator.arguments.values()
        )  # fmt: skip
        shown = replayed.values[self._graph.loss].item()
        if asks and np.isfinite(own.loss).all() and not np.isfinite(shown):
            raise ExportError(
                "a tensor is compared with infinity, which no cell holds: a sheet shows an error before (on numbers "
                f"{other.name}, where the module's loss is {float(own.loss.item()):.5g}); ask what makes it infinite, "
                "as in torch.where(x > 0, torch.where(x > 0, x, 1.0) ** -0.5, 0.0)"
            )

    def _replayed(self, own: EagerRun) -> Replayed:
        numbers = {value: leaf.data for _, value, leaf in pairs(self._graph, own) if value and leaf}
        replay: Any = self._graph.replay
        replayed: Replayed = replay(numbers)
        return replayed

    def _is_right_with(self, mode: Mode, other: NumberSet, seed: int) -> bool:
        """Return whether the recorded calls give what the module gives in another mode, such as without rounding."""
        try:
            own = self._own(other, seed, mode())
        except ExportError:
            return False
        return not first_difference(self._graph, own, self._replayed(own))

    def _hangs_on_last_digits(self, other: NumberSet, seed: int, own: EagerRun) -> bool:
        noise = torch.Generator().manual_seed(0)

        def nudged(draw: Draw) -> Draw:
            def changed(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
                found = draw(tensor, generator)
                return found * (1 + _NUDGE * torch.randn(found.shape, generator=noise, dtype=torch.float64))

            return changed

        near = NumberSet(other.name, nudged(other.inputs), nudged(other.parameters), other.whole)
        try:
            return not is_same(self._graph, own, self._own(near, seed))
        except ExportError:
            return False

    def _refusal(self, other: NumberSet, seed: int, own: EagerRun, replayed: Replayed, key: str) -> str:
        loss, expected = replayed.values[self._graph.loss].item(), float(own.loss.item())
        digits = next((count for count in (5, 9, 13) if f"{loss:.{count}g}" != f"{expected:.{count}g}"), 17)
        seen = (
            f"on numbers {other.name} the sheet's loss would be {loss:.{digits}g}, and the module's is "
            f"{expected:.{digits}g}"
        )
        if difference(np.asarray(loss), np.asarray(expected)) <= TOLERANCE:
            seen = f"on numbers {other.name} the sheet's {key} would not be the module's"
        place = self._deciding_line(other, seed)
        why = self._graph.reads[place].refusal if place else self._unfollowed(other, seed, replayed)
        return f"{why} ({seen})"

    def _deciding_line(self, other: NumberSet, seed: int) -> tuple[str, int] | None:
        """Return the first line whose reads change the module's result if answered as at first; None if none does."""
        at_first = ReadAnswers(self._graph.reads)
        self._own(None, 0, at_first)
        recorded = dict(at_first.noted)
        try:
            base = self._own(other, seed, ReadAnswers(self._graph.reads, recorded))
        except ExportError:
            return next(iter(self._graph.reads), None)
        for place in self._graph.reads:
            others = {line: answers for line, answers in recorded.items() if line != place}
            try:
                if not is_same(self._graph, base, self._own(other, seed, ReadAnswers(self._graph.reads, others))):
                    return place
            except ExportError:
                return place
        both = is_same(self._graph, base, self._own(other, seed, ReadAnswers(self._graph.reads)))
        return None if both else next(iter(self._graph.reads))

    def _recorded(self, answers: ReadAnswers) -> Mapping[Place, ReadLine]:
        """Record the module on the given numbers with other answers; return what it reads, {} on an error."""
        try:
            return trace_forward(self._module, self._inputs, self._graph, answers=answers).reads
        except LeavesForward:
            return {}

    def _unfollowed(self, other: NumberSet, seed: int, replayed: Replayed) -> str:
        """Return which call reads what should be a cell: recorded with other numbers, it gives something else."""
        inputs = mapped_inputs(self._inputs, other.input_changed(self._limits, seed))
        try:
            moved = trace_forward(self._module, inputs, self._graph, other.parameter_changed(seed))
            again = trace_forward(self._module, self._inputs, self._graph)
        except ExportError:
            return _OUTSIDE.format("what is computed")
        for place, read in self._graph.reads.items():
            answers = moved.reads[place].answers if place in moved.reads else []
            if [*map(repr, read.answers)] != [*map(repr, answers)]:
                return read.refusal
        for k, call in enumerate(self._graph.calls):
            found = [replayed.values[value].double().numpy(force=True) for value in call.outputs]
            if not _are_near(found, _made(moved, k)):
                is_still = _are_near(_made(self._graph, k), _made(again, k))
                where = f" in module '{call.module_path}'" if call.module_path else ""
                return (_OUTSIDE if is_still else _EACH_CALL).format(f"'{call.name}'{where}")
        return _OUTSIDE.format("what is computed")


def _made(graph: Graph, k: int) -> list[np.ndarray]:
    return [np.asarray(value.data, dtype=float) for value in graph.calls[k].outputs] if k < len(graph.calls) else []


def _are_near(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> bool:
    return all(difference(one, other) <= TOLERANCE for one, other in zip(some, others, strict=False))


_EACH_CALL = (
    "{} reads numbers that are others in each call: forward() keeps them outside of the module, as in a global "
    "variable or a closure; keep them in an attribute, or give them as inputs"
)
_OUTSIDE = (
    "{} reads numbers that were computed from parameters or inputs outside of the trace, so they would stay as they "
    "are when a cell is changed: in forward(), compute with tensors and PyTorch's own functions only"
)


class _Contexts:
    def __init__(self, *contexts: AbstractContextManager[Any]) -> None:
        self._contexts, self._stack = contexts, ExitStack()

    def __enter__(self) -> None:
        for context in self._contexts:
            self._stack.enter_context(context)

    def __exit__(self, *raised: Any) -> None:
        self._stack.close()


def _is_finite(run: EagerRun) -> bool:
    grads = [leaf.grad for leaf in (*run.parameters, *run.inputs) if leaf.grad is not None]
    return all(np.isfinite(numbers).all() for numbers in (run.loss, *grads))


def _is_finite_there(replayed: Replayed) -> bool:
    return all(grad is None or np.isfinite(grad).all() for grad in replayed.gradients.values())
