"""Which cells are left empty: spread over the ideas and over the network, the same again for the same variant."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from excel_export.practice.blanks import WHOLE_GRADIENT
from excel_export.practice.candidates import Candidate, Source, shuffled
from excel_export.shared.errors import ExportError

VISIBLE = 0.001
"""What is nearer to zero is a poor question, but for a zero that a ReLU or a maximum makes."""
SMALLEST_STEP = 0.0005
SAMPLED = 8
"""So many cells of each tensor are looked at, and more where many are asked for."""


def choose(
    sources: Sequence[Source],
    count: int,
    level: int,
    draw: random.Random,
    may_ask: Callable[[Candidate], bool] = lambda cell: True,
) -> list[Candidate]:
    """Choose cells, each idea once before any is asked twice.

    Args:
        sources: the tensors, in the order of computation.
        count: how many cells.
        level: the highest level: 1, 2 or 3, which leaves whole gradients of parameters empty.
        draw: where the choice comes from.
        may_ask: whether a cell may be chosen.

    Returns:
        the cells, in the order of computation; fewer than `count` where there are no more.

    Raises:
        ExportError: there is no such cell.
    """
    if level == WHOLE_GRADIENT:
        chosen = _whole_gradients(sources, count, draw, may_ask)
    else:
        chosen = _spread(sources, count, level, draw, may_ask)
    if not chosen:
        raise ExportError("nothing of this kind can be left empty in this network: ask for another level, or for more")
    order = {id(source): k for k, source in enumerate(sources)}
    return sorted(chosen, key=lambda each: (order[id(each.source)], each.index))


def _whole_gradients(
    sources: Iterable[Source], count: int, draw: random.Random, may_ask: Callable[[Candidate], bool]
) -> list[Candidate]:
    gradients = [each for each in sources if each.direction == "backward" and each.value.kind == "parameter"]
    chosen: list[Candidate] = []
    smallest = min((each.answers.size for each in gradients), default=0)
    if smallest > count:
        raise ExportError(f"the smallest gradient of a parameter has {smallest} elements: ask for so many blanks")
    for k in shuffled(range(len(gradients)), draw):
        gradient = gradients[k]
        if len(chosen) + gradient.answers.size > count:
            continue
        cells = [gradient.candidate(index) for index in _indices(gradient)]
        if all(cell and may_ask(cell) for cell in cells):
            chosen += [Candidate(gradient, cell.index, WHOLE_GRADIENT) for cell in cells if cell]
    return chosen


def _indices(source: Source) -> list[tuple[int, ...]]:
    return [tuple(map(int, index)) for index in np.ndindex(source.answers.shape)]


def _spread(
    sources: Sequence[Source], count: int, level: int, draw: random.Random, may_ask: Callable[[Candidate], bool]
) -> list[Candidate]:
    ideas: dict[str, list[list[Candidate]]] = defaultdict(list)
    most = SAMPLED + 2 * count // max(1, len(sources))
    for k in shuffled(range(len(sources)), draw):
        found = [
            each
            for each in sources[k].sampled(draw, most)
            if each.level <= level and _can_be_asked(each) and may_ask(each)
        ]
        if found:
            ideas[sources[k].idea].append(found)
    order = [sorted(ideas)[k] for k in shuffled(range(len(ideas)), draw)]
    chosen: list[Candidate] = []
    for turn in range(count):
        before = len(chosen)
        for idea in order:
            waiting = [each for each in ideas[idea] if each]
            if waiting and len(chosen) < count:
                tensor = waiting[turn % len(waiting)]
                best = max(tensor, key=lambda each: (each.level, bool(each.answer) != bool(turn % 2)))
                tensor.remove(best)
                chosen.append(best)
        if len(chosen) == before:
            break
    return chosen


def _can_be_asked(candidate: Candidate) -> bool:
    """Whether the number can be told from 0, or is 0 exactly; of an update, whether one sees the step."""
    steps = candidate.source.steps
    if steps is not None:
        return abs(float(steps[candidate.index])) >= SMALLEST_STEP
    return not 0 < abs(candidate.answer) < VISIBLE
