"""Whatever Python reads out of tensors is answered otherwise, too: the loss must stay the same formula.

The module runs again, forward only. A truth value, and each question to a number that was read, gets the other
answer; numbers of which texts are made, or that only a library sees, get others. Reading is allowed where the loss is
made alike each time, or an error leaves `forward`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from io import StringIO
from itertools import combinations
from random import Random
from typing import Any

import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs
from excel_export.compiler.refuse.users_code import Place, is_raised, with_between
from excel_export.compiler.trace.same_formula import same_formula
from excel_export.compiler.trace.tracer import LeavesForward, trace_forward
from excel_export.compiler.trace.watched import Watch
from excel_export.graph.graph import Frozen, Graph
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Change

_PAIRED, _DRAWN = 8, 16
"""So many questions are turned two by two; of more, so many sets are drawn."""


def refuse_deciding_reads(graph: Graph, module: nn.Module, inputs: Inputs) -> None:
    """Refuse a graph that would be another one if what Python read out of tensors were something else.

    Raises:
        ExportError: it would, or whether it would cannot be seen.
    """
    if graph.reads.refusals:
        with _silence():
            _Runs(graph, module, inputs).refuse()


def without_idle(graph: Graph, module: nn.Module, inputs: Inputs) -> list[Frozen]:
    """Return what is frozen and decides something: an answer does not if the other one changes no call."""
    kept = []
    with _silence():
        for k, item in enumerate(graph.frozen):
            if isinstance(item.result, bool):
                again = [*graph.frozen[:k], replace(item, result=not item.result), *graph.frozen[k + 1 :]]
                if _Runs(replace(graph, frozen=again), module, inputs).stays():
                    continue
            kept.append(item)
    return kept


@contextmanager
def _silence() -> Iterator[None]:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # what is said of other numbers means nothing
        yield


class _Runs:
    """The runs of a module of which some numbers are read."""

    def __init__(self, graph: Graph, module: nn.Module, inputs: Inputs) -> None:
        self._graph, self._reads, self._module, self._inputs = graph, graph.reads, module, inputs
        self._converting: dict[int, dict[str, Any]] = {}
        self._most = 10_000

    def stays(self, watch: Watch | None = None) -> bool | None:
        """Whether the calls stay the same; None where an error leaves `forward`."""
        try:
            return same_formula(self._graph, trace_forward(self._module, self._inputs, self._graph, watch=watch))
        except LeavesForward as error:
            # A number that a library cannot take, such as the logarithm of −3, tells nothing; an index or a size does.
            is_strange = watch and watch.alter and not self._reads.has_whole
            return None if is_raised(error.__cause__) or is_strange else False
        except ExportError:
            return False

    def refuse(self) -> None:
        """Refuse what decides."""
        base = self._watched(frozenset(), "all", must_stay=True)
        while base.converting.keys() - self._converting.keys():
            self._converting |= base.converting
            base = self._watched(frozenset(), "all", must_stay=True)
        self._most = 2 * len(base.asked) + 64
        counts = Counter(place for place, _ in base.asked)
        for turned in self._together([place for place in [*counts] if self._turned(place, counts)]):
            self._watched(turned, "all")
        if self._reads.has_numbers:
            near = (partial(_all, number) for number in with_between(self._reads.near))
            alters: list[Change] = [*_OTHERS, *near]
            found = {self.stays(Watch(alter=alter)) for alter in [*alters, _apart(1), _apart(-3)]}
            if True not in found:  # a check that raises saw to that: its answer was turned, too
                found |= {self.stays(Watch(alter=partial(_of_numbers, alter))) for alter in alters}
            if False in found or True not in found:
                raise ExportError(self._reads.refusals[0])

    def _turned(self, place: Place, counts: Counter[Place]) -> bool:
        """Turn the answers at a place; return whether the module goes on to the end."""
        places = frozenset({place})
        ways = ("all", "first", "last") if counts[place] > 1 else ("all",)
        watches = [self._watched(places, way, counts[place]) for way in ways]
        for other in {place for watch in watches for place, _ in watch.asked} - counts.keys():  # behind it, another one
            counts[other] = 0
            self._watched(places | {other}, "all")
        return any(watch.went_through for watch in watches)

    def _watched(self, places: frozenset[Place], way: str, count: int = 0, *, must_stay: bool = False) -> Watch:
        def turns(place: Place, before: int) -> bool:
            return place in places and (way == "all" or before == (0 if way == "first" else count - 1))

        watch = Watch(turns, self._most)
        watch.converting = dict(self._converting)
        stays = self.stays(watch)
        watch.went_through = stays is not None
        if watch.refusal or stays is False or (must_stay and stays is None):
            decides = next((refusal for place, refusal in watch.asked if place in places), "")
            raise ExportError(decides or watch.refusal or self._reads.refusals[0])
        return watch

    def _together(self, places: list[Place]) -> Iterator[frozenset[Place]]:
        if len(places) > 2:
            yield frozenset(places)
        if len(places) <= _PAIRED:
            yield from map(frozenset, combinations(places, 2))
            return
        drawn = Random(0)
        for _ in range(_DRAWN):
            yield frozenset(drawn.sample(places, drawn.randint(2, len(places) - 1)))


def _all(number: float, tensor: torch.Tensor) -> torch.Tensor:
    return torch.full_like(tensor, number != 0 if tensor.dtype == torch.bool else number)


def _of_numbers(change: Change, tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.dtype == torch.bool else change(tensor)


def _apart(by: int) -> Change:
    """Return other numbers for one run: those of each read, and in it each, are moved further."""
    reads = 0

    def moved(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal reads
        reads += 1
        steps = (by * reads * torch.arange(1, tensor.numel() + 1)).reshape(tensor.shape)
        return tensor ^ (steps % 2 == 1) if tensor.dtype == torch.bool else tensor + steps.to(tensor.dtype)

    return moved


def _moved(factor: float, by: float, tensor: torch.Tensor) -> torch.Tensor:
    """Return other numbers of the same type."""
    if tensor.dtype == torch.bool:
        return ~tensor
    return factor * tensor + by if tensor.is_floating_point() else tensor + int(by)


_OTHERS: list[Change] = [
    partial(_moved, factor, by)
    for factor, by in ((-2, -3), (0, 0), (2, 1000), (2, -1000), (1, 1), (0.5, 0), (0, 0.25), (0, 0.5), (0, 0.75))
]
"""Small, large, of either sign."""
