"""The plan of an exercise: the blanks, the same for a whole class, and which numbers suit them.

The blanks are spread over the ideas and over the network. They are chosen by the numbers of many variants at once: a
cell that is 0 for half of a class is a poor question.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import islice, tee

import numpy as np

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.judgement import is_plain, margin
from excel_classroom.practice.key import Key
from excel_classroom.practice.leakage import Hidden, crowd, equal_to, leaks, most_of
from excel_classroom.practice.mistakes import OWN
from excel_classroom.practice.network_sheets import UPDATE
from excel_classroom.practice.possible_blanks import PossibleBlank, shuffled
from excel_classroom.practice.reference_workbook import ReferenceWorkbook
from excel_classroom.practice.source import TRIES, ExerciseNetwork, hash_random
from excel_classroom.practice.telling import Told, mistakes_told, told_by
from excel_export.graph.graph import Graph
from excel_export.shared.a1_notation import Place
from excel_export.shared.cells import place_of
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import is_infinite

VISIBLE = 0.001
"""The least size of an answer: a smaller one is a poor question, except for a 0 that a ReLU or a maximum makes."""
SMALLEST_STEP = 0.0005
"""The least change of a parameter by an update: the tolerance is 0.00012."""
SAMPLED = 8
"""The number of cells of each tensor that are tried as blanks; more if many blanks are needed."""
ONE_IN = 10
"""The number of blanks of which one may be easy: its answer is 0, ±1, or the number of a cell that it reads."""
LEAST = 0.25
"""The least share of variants that all chosen blanks must suit; for the others, numbers are drawn again."""
LEAST_TOGETHER = 0.125
"""In an exam, the least share of variants that all blanks suit and in which no other cell gives an answer away."""
FURTHER = 96
"""In an exam, the number of further draws by which a choice of blanks is tried."""
LEAST_FURTHER = 3
"""The least number of further draws that all blanks suit: one choice of many suits those that chose it by luck."""
LEAST_TOLD = (0.25, 0.12)
"""The least share of variants in which no known mistake gives a right answer at any blank; then the second try's."""
MOSTLY = 0.75
"""The least share of variants in which no known mistake gives the right answer at one blank."""
SAMPLE = 24
"""The number of variants by whose numbers the blanks of a class are chosen."""
SAMPLE_OF_ONE = 8
"""The number of draws by whose numbers the blanks of an exam for one student are chosen."""
OFTEN = 0.2
"""The share of variants from which on a cell that gives an answer away is left empty in all of them."""
MOST_POORER = 8
"""The number of draws, each with a near tie or a mistake that gives a right answer, of which the best is taken."""
PLANS = 40
"""The number of choices of blanks that are tried for an exam."""
WITH_SO_MANY = 4
"""The number of choices with the same number of blanks; after them, one blank less is asked for."""


class Fitness:
    """The fitness of cells as blanks, by the numbers of several variants.

    look(cell), for a `PossibleBlank`, gives two boolean arrays (variants,), `unfit` and `easy`. A cell is unfit if its
    answer is infinite, or smaller than 0.001 and not 0 (of an update: changes by less than 0.0005). It is easy if its
    answer is 0, 1 or −1, or equals a number that its formula reads. In an exam, easy cells are unfit, and so is a cell
    at which one number is right in more than 2 files and more than a tenth of them (`most_of`).
    """

    def __init__(
        self, reference: ReferenceWorkbook, values: Sequence[np.ndarray], key: Key, graphs: Sequence[Graph] = (), *,
        strict: bool,
    ) -> None:  # fmt: skip
        """Take the numbers of the variants.

        Args:
            reference: the reference workbook of the network.
            values: for each variant, its numbers in the order of `reference.places`.
            key: the key, with the options and the tolerance.
            graphs: the variants' graphs, by which known mistakes are computed; needed to choose blanks only.
            strict: True if at most one blank in ten may be easy; False if more may when there are not enough others.
        """
        self.reference, self._values, self.strict = reference, np.stack(values), strict
        self.options, self._within = key.options, key.read_rubric.tolerance
        self._given = np.asarray([reference.index[place] for place, _ in reference.numbers(reference.book.graph)])
        self._graphs = graphs
        self.look, self.told = cache(self._look), cache(self._told)

    def _look(self, cell: PossibleBlank) -> tuple[np.ndarray, np.ndarray]:
        reference, read = self.reference, cell.read
        at, before, above = reference.index[cell.at], reference.indices(read[:1]), reference.indices(read)
        if self.options.exam:
            above = np.union1d(reference.indices(reference.precedents(cell.at)), self._given)
        answers, others = self._values[:, at], self._values[:, above]
        plain = np.asarray([is_plain(each) for each in answers], dtype=bool)
        easy = plain | equal_to(answers[:, None], others).any(axis=1)
        if cell.source.direction == "update":
            visible = np.abs(answers - self._values[:, before[0]]) >= SMALLEST_STEP
        else:
            visible = (np.abs(answers) >= VISIBLE) | plain
        # In an exam, what stands in the file is no question, and neither is what anybody would try.
        unfit = ~visible | ~np.isfinite(answers) | is_infinite(answers) | (easy & self.options.exam)
        if self.options.exam and not unfit.all():
            fit = answers[~unfit]
            margins = np.asarray([margin(float(each), cell.source.direction, self._within) for each in fit])
            unfit |= len(crowd(fit, margins)) > most_of(len(fit))
        return unfit, easy

    def _told(self, cell: PossibleBlank) -> Told:
        rate = self.options.learning_rate
        return told_by([mistakes_told(cell, graph, rate, self._within) for graph in self._graphs])

    def one_follows(self, chosen: Sequence[PossibleBlank]) -> bool:
        """Return whether one of these cells can be computed from the others alone, as y from a and b in y = a + b.

        In an exam, such a blank would be right with any numbers in a and b whose sum is in y, such as another
        student's.
        """
        asked = {cell.at for cell in chosen}
        known: dict[Place, bool] = {}

        def follows(at: Place) -> bool:
            if at not in known:
                known[at] = at in asked or read_all(at)
            return known[at]

        def read_all(at: Place) -> bool:
            read = self.reference.reads(at)
            return bool(read) and all(map(follows, read))

        return any(map(read_all, asked))


def choose(fitness: Fitness, count: int, draw: random.Random) -> list[PossibleBlank]:
    """Return the cells to leave empty, in the order of computation: each idea, such as 'relu', once before any twice.

    Args:
        fitness: the fitness of each cell.
        count: the number of blanks; fewer are returned if fewer cells are fit.
        draw: the random numbers, which are used up: the same state gives the same cells.

    Raises:
        ExportError: no cell is fit.
    """
    state = draw.getstate()
    for easy_allowed in range(count // ONE_IN, -1, -1):
        draw.setstate(state)
        choice = _Choosing(fitness, count, draw, easy_allowed)
        for choice.least_told in LEAST_TOLD:
            choice.go_on()
        if not fitness.strict or len(choice.chosen) // ONE_IN >= easy_allowed:
            break
    if not fitness.strict and len(choice.chosen) < count:
        choice.easy_allowed, choice.must_tell = count, False
        choice.go_on()
    if not choice.chosen:
        raise ExportError("nothing of this kind can be left empty in this network: ask for others")
    order = {id(source): k for k, source in enumerate(fitness.reference.sources)}
    return sorted(choice.chosen, key=lambda each: (order[id(each.source)], each.index))


@dataclass
class _Choosing:
    fitness: Fitness
    count: int
    draw: random.Random
    easy_allowed: int
    chosen: list[PossibleBlank] = field(default_factory=list)
    unfit: np.ndarray | bool = False
    """For each variant, True if one of the chosen cells is unfit."""
    easy: np.ndarray | int = 0
    """For each variant, the number of chosen cells that are easy."""
    hidden: np.ndarray | bool = False
    """For each variant, True if a known mistake gives the right answer at a chosen cell."""
    must_tell: bool = True
    least_told: float = LEAST_TOLD[0]

    def _take(self, cell: PossibleBlank) -> bool:
        if any(cell.source is each.source and cell.index == each.index for each in self.chosen):
            return False
        if self.fitness.options.exam and self.fitness.one_follows([*self.chosen, cell]):
            return False
        bad, is_easy = self.fitness.look(cell)
        unfit, easy = self.unfit | bad, self.easy + is_easy
        fit = ~unfit & (easy <= self.easy_allowed)
        if fit.mean() < LEAST:
            return False
        told = self.fitness.told(cell)
        own = np.asarray([bool(each) for each in told.hidden])
        hidden = self.hidden | own
        hides = np.mean(hidden[fit]) > 1 - self.least_told or np.mean(own[fit]) > 1 - MOSTLY
        if self.must_tell and ({*told.untold} & {*OWN} or hides):
            return False
        self.unfit, self.easy, self.hidden = unfit, easy, hidden
        self.chosen.append(cell)
        return True

    def go_on(self) -> None:
        ideas: dict[str, list[list[PossibleBlank]]] = defaultdict(list)
        sources, level = self.fitness.reference.sources, self.fitness.options.level
        most = SAMPLED + 2 * self.count // max(1, len(sources))
        for k in shuffled(range(len(sources)), self.draw):
            found = [each for each in sources[k].sampled(self.draw, most) if each.level <= level]
            if found:
                # The hardest come first; among them, those that are seldom too easy.
                found.sort(key=lambda each: (-each.level, float(self.fitness.look(each)[1].mean())))
                ideas[sources[k].idea].append(found)
        order = [sorted(ideas)[k] for k in shuffled(range(len(ideas)), self.draw)]
        for turn in range(self.count):
            before = len(self.chosen)
            for idea in order:
                waiting = [each for each in ideas[idea] if each]
                if waiting and len(self.chosen) < self.count:
                    tensor = waiting[turn % len(waiting)]
                    while tensor and not self._take(tensor.pop(0)):
                        pass
            if len(self.chosen) == before and not any(tensor for tensors in ideas.values() for tensor in tensors):
                break


@dataclass(frozen=True)
class ExercisePlan:
    """The blanks of an exercise, the same cells for a whole class: J8 and J12 of 'Network'; `make_plan` makes it.

    draws(network, 'Ada') gives numbers with which these blanks can be asked, answers(graph) the right answers with
    them.
    """

    key: Key
    """The key, with the options."""
    reference: ReferenceWorkbook
    """The workbook without blanks."""
    strict: bool
    """True if no more than one blank in ten may be easy."""
    chosen: tuple[PossibleBlank, ...]
    """The cells of the blanks, in the order of the key's `blanks`."""
    withheld: frozenset[int] = frozenset()
    """The other cells that are left empty, as indices of `reference.places`."""
    told: tuple[Told, ...] = ()
    """For each blank, which known mistakes give a wrong number, Told(('the wrong sign',), untold=(), hidden=(…));
    () if the key had its blanks already."""

    def fits(self, graph: Graph) -> bool:
        """Return whether all blanks can be asked with a variant's numbers: False if one is unfit, or too many are easy.

        See `Fitness`. In an exam, it is also False if a cell that is not `withheld` gives an answer away (`leaking`).

        Raises:
            ExportError: with these numbers, the network has other steps.
        """
        return self.fits_values(self.reference.values(graph))

    def fits_values(self, values: np.ndarray) -> bool:
        """Return whether all blanks can be asked with these numbers, (cells,) as in `reference.places`: see `fits`."""
        easy_allowed = len(self.chosen) // ONE_IN if self.strict else len(self.chosen)
        fitness = Fitness(self.reference, [values], self.key, strict=self.strict)
        unfit, easy = zip(*(fitness.look(cell) for cell in self.chosen), strict=True)
        if np.any(unfit) or np.sum(easy) > easy_allowed:
            return False
        return not self.key.options.exam or self.leaking(values) <= self.withheld

    def leaking(self, values: np.ndarray) -> set[int]:
        """Return the cells from which an answer is got in one step, by copying it, by a square root or a sum: {12, 40}.

        They are indices of `reference.places`, from 0 on; `values` are the numbers of all cells, in that order.
        """
        shown = np.ones(len(values), dtype=bool)
        shown[[each.place for each in self._hidden]] = False
        shown[[*self.withheld]] = False
        # One that stays empty may hide another: what was found is left out, and looked for again.
        found: set[int] = set()
        while more := (leaks(values, self._hidden, shown) | self._steps_by(found | self.withheld)) - found:
            found |= more
            shown[[*more]] = False
        return found

    @cached_property
    def _hidden(self) -> list[Hidden]:
        reference, found = self.reference, []
        for at in (cell.at for cell in self.chosen):
            readers = {reference.index[each]: {*reference.reads(each)} - {at} for each in reference.read_by(at)}
            operands = {k: reference.indices(read) for k, read in readers.items()}
            before, behind = reference.indices(reference.precedents(at)), reference.indices(reference.dependents(at))
            found.append(Hidden(reference.index[at], before, behind, operands))
        return found

    def _steps_by(self, gradients: Collection[int]) -> set[int]:
        """Return the parameters after a step by a hidden gradient, which is (before − after) / rate."""
        reference, asked = self.reference, {each.place for each in self._hidden}
        copies = (at for at in map(reference.places.__getitem__, gradients) if at[0] == UPDATE)
        return {reference.index[each] for at in copies for each in reference.read_by(at)} - asked - self.withheld

    def untold(self, graph: Graph) -> tuple[tuple[int, str], ...]:
        """Return pairs of a blank, from 0 on, and a known mistake that gives its right answer: ((2, 'a factor …'),).

        Mistakes that give it with any numbers are left out. `graph` has the numbers.
        """
        rate, within = self.key.options.learning_rate, self.key.read_rubric.tolerance
        found = [mistakes_told(cell, graph, rate, within) for cell in self.chosen]
        asked = enumerate(zip(self.key.blanks, found, strict=True))
        return tuple((k, name) for k, (blank, told) in asked for name in blank.mistakes if not told.get(name, True))

    def draws(self, network: ExerciseNetwork, variant: str) -> Iterator[tuple[int, ExerciseNetwork]]:
        """Yield (draw, network) for a variant's numbers with which all blanks can be asked: (0, network), (3, network).

        `draw` is the number of draws before. First come those without near ties with which no known mistake gives a
        right answer; then those with the fewest such mistakes, and with near ties last. For the variant '' there is
        only the network's own.

        Raises:
            ExportError: none were found.
        """
        found = False
        poorer: list[tuple[bool, int, int, ExerciseNetwork]] = []
        for draw, made in network.draws(self.key.secret, variant):
            if not variant or self.fits(made.graph):
                found = True
                untold = len(self.untold(made.graph)) if variant else 0
                tied = bool(variant) and made.has_near_ties
                if untold or tied:
                    poorer = sorted([*poorer, (tied, untold, draw, made)], key=lambda each: each[:3])
                    if len(poorer) == MOST_POORER:
                        yield poorer.pop(0)[2:]
                else:
                    yield draw, made
        yield from (each[2:] for each in poorer)
        if not found:
            raise ExportError(
                f"no numbers were found for {variant!r} in {TRIES} tries with which all blanks can be asked"
            )

    def answers(self, graph: Graph) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return PyTorch's answers and their margins, (blanks,) each, and each answer's neighbours, (4, blanks).

        A margin is the largest difference at which a number is right. Neighbours are the numbers to the left, right,
        above and below in the tensor; NaN at the border.
        """
        numbers, within = self.key.right_numbers(graph), self.key.read_rubric.tolerance
        blanks, tensors = self.key.blanks, graph.tensors
        margins = [margin(number, blank.direction, within) for number, blank in zip(numbers, blanks, strict=True)]
        beside = [_beside(tensors[blank.tensor], blank.index) for blank in blanks]
        return np.asarray(numbers), np.asarray(margins), np.asarray(beside).T


def _beside(tensor: np.ndarray, index: tuple[int, ...]) -> list[float]:
    """Return the elements left, right, above and below an element; NaN at the border of the tensor."""
    padded = np.pad(np.atleast_2d(tensor), 1, constant_values=np.nan)
    *outer, row, col = (each + 1 for each in (0, 0, *index)[-padded.ndim :])
    sides = ((row, col - 1), (row, col + 1), (row - 1, col), (row + 1, col))
    return [float(padded[(*outer, *side)]) for side in sides]


def make_plan(network: ExerciseNetwork, key: Key, variants: Sequence[str], *, many: bool) -> ExercisePlan:
    """Return the plan of an exercise, with the blanks of the key, or if it has none, with blanks that are chosen now.

    Args:
        network: the network with its own numbers.
        key: the key, with the options.
        variants: the names by whose numbers cells are judged, ['Ada', 'Alan']; '' for the network's own.
        many: True for the same blanks in all files, chosen by the key's secret; False for those of the only variant.

    Raises:
        ExportError: nothing can be left empty, or no choice of blanks can be asked with most variants' numbers.
    """
    options = key.options
    reference = ReferenceWorkbook(network.graph, options)
    strict = options.exam or many
    if key.blanks:
        chosen = tuple(_candidate(reference, blank) for blank in key.blanks)
        withheld = frozenset(reference.index[sheet, *place_of(cell)] for sheet, cell in key.withheld)
        return ExercisePlan(key, reference, strict, chosen, withheld)
    # By the numbers of the first students, or by several of one.
    sample = SAMPLE if many else SAMPLE_OF_ONE if options.exam else 1
    drawn = [network.draws(key.secret, variant) for variant in variants[:sample]]
    turns = -(-sample // len(variants))
    graphs = [made.graph for draws in drawn for _, made in islice(draws, turns)]
    values = [reference.values(graph) for graph in graphs]
    each_again = -(-FURTHER // len(drawn))
    again = (made.graph for draws in drawn for _, made in islice(draws, each_again))
    further: Iterator[np.ndarray] = map(reference.values, again)
    fitness = Fitness(reference, values, key, graphs, strict=strict)
    seed = "" if many else variants[0]
    for turn in range(PLANS):
        draw = hash_random(key.secret, f"blanks {turn}" if turn else "blanks", seed)
        count = max(1, options.count - turn // WITH_SO_MANY)
        cells = choose(fitness, count, draw)
        plan = ExercisePlan(key, reference, strict, tuple(cells), told=tuple(map(fitness.told, cells)))
        if not options.exam:
            return plan
        found = [plan.leaking(each) for each in values]
        counts = Counter(place for each in found for place in each)
        withheld = frozenset(place for place, count in counts.items() if count >= OFTEN * len(values))
        typed = {reference.index[place] for place, _ in reference.numbers(reference.book.graph)}
        plan = replace(plan, withheld=withheld)
        if withheld & typed or np.mean([plan.fits_values(each) for each in values]) < LEAST_TOGETHER:
            continue
        further, tried = tee(further)
        fit = sum(1 for _ in islice(filter(plan.fits_values, tried), LEAST_FURTHER))
        if fit == LEAST_FURTHER or not any(variants):  # there is only one draw of the network's own numbers
            return plan
    raise ExportError("whatever is left empty, its answer stands in another cell, too: ask for fewer blanks")


def _candidate(reference: ReferenceWorkbook, blank: Blank) -> PossibleBlank:
    for source in reference.sources:
        if (source.tensor, source.direction) == (blank.tensor, blank.direction):
            found = PossibleBlank(source, blank.index, blank.level)
            if (found.place.sheet, found.place.area) == (blank.sheet, blank.cell):
                return found
    raise ExportError(f"the key does not belong to its source: '{blank.tensor}' is not at {blank.sheet}!{blank.cell}")
