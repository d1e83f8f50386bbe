"""Which cells are left empty: spread over the ideas and over the network, and the same for a whole class.

They are chosen by the numbers of many variants at once: a cell that is 0 for half of a class is a poor question.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from excel_classroom.practice.blanks import WHOLE_GRADIENT
from excel_classroom.practice.guesses import crowd, most_of
from excel_classroom.practice.judgement import STANDARD, Tolerance, is_plain, margin
from excel_classroom.practice.leakage import equal_to
from excel_classroom.practice.possible_blanks import PossibleBlank, PossibleTensor, shuffled
from excel_classroom.practice.reference_workbook import ReferenceWorkbook
from excel_export.formulas import Reference
from excel_export.formulas.analysis.elements import plain
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import is_infinite

VISIBLE = 0.001
"""What is nearer to zero is a poor question, but for a zero that a ReLU or a maximum makes."""
SMALLEST_STEP = 0.0005
SAMPLED = 8
"""So many cells of each tensor are looked at, and more where many are asked for."""
ONE_IN = 10
"""Of so many blanks, one may have the answer 0, 1, or the number of a cell that it reads."""
LEAST = 0.25
"""For so many variants, the blanks that are chosen must do; for the others, numbers are drawn again."""


class Fitness:
    """Whether a cell can be asked for, variant by variant."""

    def __init__(
        self,
        reference: ReferenceWorkbook,
        values: Sequence[np.ndarray],
        *,
        exam: bool,
        strict: bool = True,
        within: Tolerance = STANDARD,
    ) -> None:
        """Take the numbers of the variants, each in the places of the reference."""
        self._reference, self._values, self.exam, self._strict = reference, values, exam, strict
        self._within = within
        self._given = np.asarray([reference.index[place] for place, _ in reference.cells.numbers(reference.book.graph)])
        self._known: dict[PossibleBlank, tuple[np.ndarray, np.ndarray]] = {}

    def look(self, cell: PossibleBlank) -> tuple[np.ndarray, np.ndarray]:
        """For which variants it can't be asked for, and for which it is too easy."""
        if cell not in self._known:
            place = cell.place
            at, read = self._reference.index[place.sheet, place.row, place.col], self._reference.indices(cell.read)
            before = self._reference.indices(cell.read[:1])
            above = read
            if self.exam:
                precedents = self._reference.indices(self._reference.dependencies.precedent_cells(place))
                above = np.union1d(precedents, self._given)
            unfit, easy = [], []
            for values in self._values:
                answer = float(values[at])
                copied = bool(equal_to(answer, values[above]).any()) and not is_plain(answer)
                if cell.source.direction == "update":
                    visible = bool(abs(answer - values[before[0]]) >= SMALLEST_STEP)
                else:
                    visible = abs(answer) >= VISIBLE or is_plain(answer)
                    visible |= cell.level == WHOLE_GRADIENT and not self._strict
                easy.append(is_plain(answer) or copied)
                # In an exam, what stands in the file is no question, and neither is what anybody would try.
                poor = not np.isfinite(answer) or bool(is_infinite(values[at])) or (easy[-1] and self.exam)
                unfit.append(not visible or poor)
            fit = np.asarray([values[at] for values, poor in zip(self._values, unfit, strict=True) if not poor])
            guessed = self.exam and bool(fit.size) and self._is_guessed(cell, fit)
            self._known[cell] = np.asarray(unfit) | guessed, np.asarray(easy)
        return self._known[cell]

    def _is_guessed(self, cell: PossibleBlank, answers: np.ndarray) -> bool:
        """Whether one number is right for too many variants."""
        margins = np.asarray([margin(float(each), cell.source.direction, self._within) for each in answers])
        return len(crowd(answers, margins)) > most_of(len(answers))

    def one_follows(self, chosen: Sequence[PossibleBlank]) -> bool:
        """Whether one cell follows from others alone: numbers that fit together, as another student's do, earn it."""
        asked = {plain(cell.place) for cell in chosen}
        known: dict[Reference, bool] = {}

        def follows(cell: Reference) -> bool:
            if cell not in known:
                known[cell] = cell in asked or read_all(cell)
            return known[cell]

        def read_all(cell: Reference) -> bool:
            read = self._reference.dependencies.operands(cell)
            return bool(read) and all(follows(plain(each)) for each in read)

        return any(read_all(cell) for cell in asked)

    def fits(self, chosen: Sequence[PossibleBlank], easy_allowed: int) -> np.ndarray:
        """For which variants all these cells can be asked for, and few enough of them are too easy."""
        unfit, easy = zip(*(self.look(cell) for cell in chosen), strict=True)
        return np.asarray(~np.any(unfit, axis=0) & (np.sum(easy, axis=0) <= easy_allowed))


def choose(
    sources: Sequence[PossibleTensor], count: int, level: int, draw: random.Random, fitness: Fitness, *, fill_up: bool
) -> list[PossibleBlank]:
    """Choose cells, each idea once before any is asked twice.

    Args:
        sources: the tensors, in the order of computation.
        count: how many cells.
        level: the highest level: 1, 2 or 3, which leaves whole gradients of parameters empty.
        draw: where the choice comes from.
        fitness: whether a cell can be asked for.
        fill_up: with cells that are too easy, where there are not enough others.

    Returns:
        the cells, in the order of computation; fewer than `count` where there are no more.

    Raises:
        ExportError: there is no such cell.
    """
    state, easy_allowed = draw.getstate(), count // ONE_IN
    choice = _chosen(sources, count, level, draw, fitness, easy_allowed)
    while len(choice.chosen) // ONE_IN < easy_allowed and not fill_up:
        draw.setstate(state)
        easy_allowed -= 1
        choice = _chosen(sources, count, level, draw, fitness, easy_allowed)
    if fill_up and len(choice.chosen) < count:
        choice.easy_allowed = count
        _go_on(sources, count, level, draw, choice)
    if not choice.chosen:
        raise ExportError("nothing of this kind can be left empty in this network: ask for another level, or for more")
    order = {id(source): k for k, source in enumerate(sources)}
    return sorted(choice.chosen, key=lambda each: (order[id(each.source)], each.index))


def _chosen(
    sources: Sequence[PossibleTensor], count: int, level: int, draw: random.Random, fitness: Fitness, easy_allowed: int
) -> _ChosenBlanks:
    choice = _ChosenBlanks(fitness, easy_allowed)
    _go_on(sources, count, level, draw, choice)
    return choice


def _go_on(
    sources: Sequence[PossibleTensor], count: int, level: int, draw: random.Random, choice: _ChosenBlanks
) -> None:
    if level == WHOLE_GRADIENT:
        _whole_gradients(sources, count, draw, choice)
    else:
        _spread(sources, count, level, draw, choice)


class _ChosenBlanks:
    """What is chosen so far, and for which variants it does."""

    def __init__(self, fitness: Fitness, easy_allowed: int) -> None:
        self.fitness, self.easy_allowed = fitness, easy_allowed
        self.chosen: list[PossibleBlank] = []
        self._taken: set[tuple[int, tuple[int, ...]]] = set()
        self._unfit: np.ndarray | bool = False
        self._easy: np.ndarray | int = 0

    def take(self, cells: Sequence[PossibleBlank]) -> bool:
        """Take some cells together, where that leaves enough variants."""
        if any((id(cell.source), cell.index) in self._taken for cell in cells):
            return False
        if self.fitness.exam and self.fitness.one_follows([*self.chosen, *cells]):
            return False
        looks = [self.fitness.look(cell) for cell in cells]
        unfit = np.any([self._unfit | bad for bad, _ in looks], axis=0)
        easy = np.sum([easy for _, easy in looks], axis=0) + self._easy
        if (~unfit & (easy <= self.easy_allowed)).mean() < LEAST:
            return False
        self._unfit, self._easy = unfit, easy
        self.chosen += cells
        self._taken |= {(id(cell.source), cell.index) for cell in cells}
        return True


def _whole_gradients(sources: Iterable[PossibleTensor], count: int, draw: random.Random, choice: _ChosenBlanks) -> None:
    gradients = [each for each in sources if each.direction == "backward" and each.value.kind == "parameter"]
    smallest = min((each.value.data.size for each in gradients), default=0)
    if smallest > count:
        raise ExportError(f"the smallest gradient of a parameter has {smallest} elements: ask for so many blanks")
    for k in shuffled(range(len(gradients)), draw):
        gradient = gradients[k]
        if len(choice.chosen) + gradient.value.data.size <= count:
            cells = [gradient.candidate(tuple(map(int, index))) for index in np.ndindex(gradient.value.shape)]
            if all(cells):
                choice.take([PossibleBlank(gradient, cell.index, WHOLE_GRADIENT) for cell in cells if cell])


def _spread(
    sources: Sequence[PossibleTensor], count: int, level: int, draw: random.Random, choice: _ChosenBlanks
) -> None:
    ideas: dict[str, list[list[PossibleBlank]]] = defaultdict(list)
    most = SAMPLED + 2 * count // max(1, len(sources))
    for k in shuffled(range(len(sources)), draw):
        found = [each for each in sources[k].sampled(draw, most) if each.level <= level]
        if found:
            # The hardest come first; among them, those that are seldom too easy.
            found.sort(key=lambda each: (-each.level, float(choice.fitness.look(each)[1].mean())))
            ideas[sources[k].idea].append(found)
    order = [sorted(ideas)[k] for k in shuffled(range(len(ideas)), draw)]
    for turn in range(count):
        before = len(choice.chosen)
        for idea in order:
            waiting = [each for each in ideas[idea] if each]
            if waiting and len(choice.chosen) < count:
                tensor = waiting[turn % len(waiting)]
                while tensor and not choice.take([tensor.pop(0)]):
                    pass
        if len(choice.chosen) == before and not any(tensor for tensors in ideas.values() for tensor in tensors):
            break
