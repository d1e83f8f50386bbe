"""Try other answers to what Python reads out of tensors: a result that then changes would be wrong in a workbook."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from excel_export.compiler.confirm.changed_answers import always, few_changes, many_numbers, number_places
from excel_export.compiler.confirm.comparison import is_same
from excel_export.compiler.confirm.other_numbers import RANDOM, NumberSet
from excel_export.compiler.reference.answers import Changes, Noted, ReadAnswers
from excel_export.compiler.reference.eager import EagerRun
from excel_export.graph.graph import Graph, ReadLine
from excel_export.shared.errors import ExportError
from excel_export.shared.users_code import Place, is_raised

Own = Callable[[NumberSet | None, int, ReadAnswers], EagerRun]
"""A function from a set of numbers, None for those at hand, a seed and answers to the module's run."""
Record = Callable[[ReadAnswers], Mapping[Place, ReadLine]]
"""Records the module on the numbers at hand, with other answers: what is read then."""
_SEED, _SELDOM = 1, 5
"""Of the other numbers on which answers are tried, too: those at hand, as labels, may hide what is decided. Of the
numbers that are answered there, one of so many is tried."""
_SAYS_NOTHING = (ArithmeticError, ValueError)
"""Of a number that a library cannot take, such as the logarithm of −3; an index or a size does."""


@dataclass(frozen=True)
class _Base:
    other: NumberSet | None
    seed: int
    run: EagerRun


class OtherAnswers:
    """Runs of a module in which what Python reads out of tensors, such as x.item(), is changed; `refuse` makes them.

    Args:
        graph: the recorded graph, with the lines of its reads.
        own: own(numbers, seed, answers) runs the module in `with answers`, a `ReadAnswers`, and returns its loss and
            gradients, on the numbers of a `NumberSet` by a seed, or on its own numbers if `numbers` is None.
        record: record(answers) runs the module on its own numbers with a `ReadAnswers`, and returns what it reads:
            {('net.py', 12): ReadLine(…, [True])}.
        follows_either: follows_either(('net.py', 12), [True]) returns whether a mask decides the truth values of that
            line, and the recorded calls are right for both. Such a line is not refused.
    """

    def __init__(
        self, graph: Graph, own: Own, record: Record, follows_either: Callable[[Place, Sequence[Any]], bool]
    ) -> None:
        self._graph, self._own, self._record, self._reads = graph, own, record, dict(graph.reads)
        self._follows_either = follows_either
        at_hand = ReadAnswers(self._reads)
        self._bases = [_Base(None, 0, own(None, 0, at_hand)), *self._others()]
        self._seen = {*at_hand.seen}
        noted = {place: answers for place, answers in at_hand.noted.items() if answers}
        self._todo: deque[tuple[Changes, Noted]] = deque([({}, noted)])

    def refuse(self) -> None:
        """Run the module with other answers; return None if no answer decides about its result.

        Raises:
            ExportError: the loss or a gradient changes with other answers, as with False for `if x.sum() > 0`.
        """
        while self._todo:
            kept, noted = self._todo.popleft()
            try:
                self._refuse_deciding(kept, noted)
            except ExportError:
                truths = [place for place, answers in noted.items() if any(isinstance(each, bool) for each in answers)]
                told = [place for place in truths if self._follows_either(place, noted[place])]
                if not told:
                    raise
                self._refuse_deciding(kept, {place: noted[place] for place in noted if place not in told})

    def _others(self) -> list[_Base]:
        try:
            return [_Base(RANDOM, _SEED, self._own(RANDOM, _SEED, ReadAnswers(())))]
        except ExportError:
            return []

    def _refuse_deciding(self, kept: Changes, noted: Noted) -> None:
        for changes in few_changes(noted):
            for base in self._bases:
                self._refuse_other(changes, kept, base)
        numbers = number_places(noted)
        if numbers:
            grid = [dict.fromkeys(numbers, always(change)) for change in many_numbers(len(self._graph.calls))]
            at_hand, *others = self._bases
            tried = [self._refuse_other(changes, kept, at_hand) for changes in grid]
            if not any(tried):
                raise ExportError(self._reads[numbers[0]].refusal)
            for changes in grid[::_SELDOM] if others else ():
                self._refuse_other(changes, kept, *others)

    def _refuse_other(self, changes: Changes, kept: Changes, base: _Base) -> bool:
        answers = ReadAnswers(self._reads, changes={**kept, **changes})
        try:
            run = self._own(base.other, base.seed, answers)
        except ExportError as error:
            if is_raised(error.__cause__) or isinstance(error.__cause__, _SAYS_NOTHING):
                return False
            raise ExportError(self._refusal(changes)) from error
        if not is_same(self._graph, base.run, run):
            raise ExportError(self._refusal(changes))
        if base is self._bases[0] and not answers.seen <= self._seen:
            self._look_into(answers, {**kept, **changes})
        return True

    def _look_into(self, answers: ReadAnswers, changes: Changes) -> None:
        self._seen |= answers.seen
        found = self._record(ReadAnswers(self._reads, changes=changes))
        new = {place: read for place, read in found.items() if place not in self._reads and read.answers}
        self._reads |= new
        if new:
            self._todo.append((changes, {place: read.answers for place, read in new.items()}))

    def _refusal(self, changes: Changes) -> str:
        return self._reads[next(iter(changes))].refusal
