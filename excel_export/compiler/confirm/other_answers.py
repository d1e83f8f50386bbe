"""Whatever Python reads out of tensors is answered otherwise, too: loss and gradients must stay what they are.

Numbers that were read are tried over magnitudes; truth values are turned. An answer that ends the run by a `raise` or
an `assert` decides nothing: the user's own check sees to it, in the workbook's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import torch

from excel_export.compiler.confirm.comparison import pairs
from excel_export.compiler.confirm.other_numbers import NumberSet
from excel_export.compiler.reference.answers import ReadAnswers
from excel_export.compiler.reference.eager import EagerRun
from excel_export.compiler.reference.magnitudes import MAGNITUDES
from excel_export.compiler.refuse.users_code import Place, is_raised
from excel_export.graph.graph import Graph
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Change

Own = Callable[[NumberSet | None, int, ReadAnswers], EagerRun]
"""Runs the user's module on a set of numbers, or on those at hand."""
_PAIRED, _DRAWN = 8, 16
"""So many truth values are turned two by two; of more, so many sets are drawn."""
_MOST_RUNS, _MOST_CALLS = len(MAGNITUDES), 20_000
"""So many numbers are tried in place of those that were read, fewer where each run takes long."""
_SAYS_NOTHING = (ArithmeticError, ValueError)
"""Of a number that a library cannot take, such as the logarithm of −3; an index or a size does."""


class OtherAnswers:
    """The runs of a module whose reads are answered otherwise.

    Args:
        graph: with the lines of its reads.
        own: runs the module.
        follows_either: whether the recorded calls follow either answer of a line, with the answers at hand: what its
            reads find is told by a mask alone, so that with the other answer the run is none that there can be.
    """

    def __init__(self, graph: Graph, own: Own, follows_either: Callable[[Place, Sequence[Any]], bool]) -> None:
        self._graph, self._own, self._places = graph, own, [*graph.reads]
        self._follows_either = follows_either
        at_hand = ReadAnswers(self._places)
        self._base = own(None, 0, at_hand)
        self._noted = {place: answers for place, answers in at_hand.noted.items() if answers}

    def refuse(self) -> None:
        """Refuse what decides.

        Raises:
            ExportError: loss or gradients are others with other answers.
        """
        truths = [place for place, answers in self._noted.items() if any(isinstance(each, bool) for each in answers)]
        try:
            self._refuse_turned(truths)
        except ExportError:
            told = [place for place in truths if self._follows_either(place, self._noted[place])]
            if not told:
                raise
            self._refuse_turned([place for place in truths if place not in told])
        numbers = [place for place in self._noted if place not in truths]
        for place in numbers:
            for change in _NEAR:
                for way in _ways(len(self._noted[place])):
                    self._refuse_other({place: way(change)})
        if numbers:
            tried = [self._refuse_other({place: _always(change) for place in numbers}) for change in self._grid()]
            if not any(tried):
                raise ExportError(self._graph.reads[numbers[0]].refusal)

    def _refuse_turned(self, truths: list[Place]) -> None:
        for place in truths:
            for way in _ways(len(self._noted[place])):
                self._refuse_other({place: way(torch.logical_not)})
        for turned in self._together(truths):
            self._refuse_other({place: _always(torch.logical_not) for place in turned})

    def _grid(self) -> Iterator[Change]:
        most = max(24, min(_MOST_RUNS, _MOST_CALLS // len(self._graph.calls)))
        yield from (partial(_all, number) for number in MAGNITUDES[:: max(1, len(MAGNITUDES) // most)])
        yield from (_apart(1), _apart(-3))

    def _together(self, places: list[Place]) -> Iterator[tuple[Place, ...]]:
        if len(places) > 2:
            yield tuple(places)
        if len(places) <= _PAIRED:
            yield from combinations(places, 2)
            return
        drawn = Random(0)
        for _ in range(_DRAWN):
            yield tuple(drawn.sample(places, drawn.randint(2, len(places) - 1)))

    def _refuse_other(self, changes: Mapping[Place, Callable[[int], Change | None]]) -> bool:
        """Run with other answers; return whether the module goes on to the end."""
        try:
            run = self._own(None, 0, ReadAnswers(self._places, changes=changes))
        except ExportError as error:
            if is_raised(error.__cause__) or isinstance(error.__cause__, _SAYS_NOTHING):
                return False
            raise ExportError(self._refusal(changes)) from error
        if not self._is_same(run):
            raise ExportError(self._refusal(changes))
        return True

    def _refusal(self, changes: Mapping[Place, object]) -> str:
        return self._graph.reads[next(iter(changes))].refusal

    def _is_same(self, run: EagerRun) -> bool:
        return is_same(self._graph, self._base, run)


def is_same(graph: Graph, one: EagerRun, other: EagerRun) -> bool:
    """Whether two runs give the same loss and gradients; NaN is NaN."""
    first = [one.loss, *(leaf.grad for _, _, leaf in pairs(graph, one) if leaf and leaf.grad is not None)]
    second = [other.loss, *(leaf.grad for _, _, leaf in pairs(graph, other) if leaf and leaf.grad is not None)]
    return len(first) == len(second) and all(
        np.array_equal(np.isnan(a), np.isnan(b)) and difference(np.nan_to_num(a), np.nan_to_num(b)) <= TOLERANCE
        for a, b in zip(first, second, strict=True)
    )


def _always(change: Change) -> Callable[[int], Change | None]:
    return lambda count: change


def _ways(count: int) -> list[Callable[[Change], Callable[[int], Change | None]]]:
    """All reads in a line, only the first, only the last."""
    if count < 2:
        return [_always]
    return [_always, *(partial(_only, at) for at in (0, count - 1))]


def _only(at: int, change: Change) -> Callable[[int], Change | None]:
    return lambda count: change if count == at else None


def _all(number: float, tensor: torch.Tensor) -> torch.Tensor:
    return torch.full_like(tensor, number != 0 if tensor.dtype == torch.bool else number)


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


_NEAR: tuple[Change, ...] = tuple(partial(_moved, factor, by) for factor, by in ((-1, -1), (1, 1), (2, 1000), (0.5, 0)))
"""Small changes and a large one, tried line by line."""
