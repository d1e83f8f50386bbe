"""The plan of an exercise: what is asked for, the same for a whole class, and which numbers do for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.choose import LEAST, ONE_IN, Fitness, choose
from excel_classroom.practice.judgement import margin
from excel_classroom.practice.key import Key
from excel_classroom.practice.leakage import Hidden, leaks
from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_classroom.practice.reference_workbook import ReferenceWorkbook
from excel_classroom.practice.source import TRIES, ExerciseNetwork, hash_random
from excel_export.graph.graph import Graph
from excel_export.shared.cells import place_of
from excel_export.shared.errors import ExportError

SAMPLE, SAMPLE_OF_ONE = 24, 8
"""By the numbers of so many variants, the blanks are chosen: of a class, and of an exam for one."""
OFTEN = 0.2
"""A cell that gives an answer away in so many variants stays empty in all; where it does so by chance, in none."""
PLANS, WITH_SO_MANY = 40, 4
"""So many choices are tried; after some with as many blanks as are asked for, with one less, and so on."""


@dataclass(frozen=True)
class ExercisePlan:
    """What is asked for, in a reference workbook."""

    key: Key
    reference: ReferenceWorkbook
    strict: bool
    """Whether no more than one blank in ten may be too easy."""
    chosen: tuple[PossibleBlank, ...]
    withheld: frozenset[int] = frozenset()
    """The places that stay empty, too."""

    def fits(self, graph: Graph) -> bool:
        """Whether the numbers of a variant do.

        Raises:
            ExportError: with these numbers, the network has other steps.
        """
        values = self.reference.values(graph)
        easy_allowed = len(self.chosen) // ONE_IN if self.strict else len(self.chosen)
        fitness = Fitness(self.reference, [values], self.key, strict=self.strict)
        unfit, easy = zip(*(fitness.look(cell) for cell in self.chosen), strict=True)
        if np.any(unfit) or np.sum(easy) > easy_allowed:
            return False
        return not self.key.options.pasted or self.leaking(values) <= self.withheld

    def leaking(self, values: np.ndarray) -> set[int]:
        """The places that would give an answer away."""
        shown = np.ones(len(values), dtype=bool)
        shown[[each.place for each in self._hidden]] = False
        shown[[*self.withheld]] = False
        # One that stays empty may hide another: what was found is left out, and looked for again.
        found: set[int] = set()
        while more := leaks(values, self._hidden, shown) - found:
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

    def draws(self, network: ExerciseNetwork, variant: str) -> Iterator[tuple[int, ExerciseNetwork]]:
        """The numbers of a variant that do, one after the other, and how often they were drawn before.

        Raises:
            ExportError: none were found.
        """
        found = False
        for draw, made in network.draws(self.key.secret, variant):
            if not variant or self.fits(made.graph):
                found = True
                yield draw, made
        if not found:
            raise ExportError(
                f"no numbers were found for {variant!r} in {TRIES} tries with which all blanks can be asked"
            )

    def answers(self, graph: Graph) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """PyTorch's number for each blank, how far from it one may be, and what stands on its sides."""
        numbers, within = self.key.right_numbers(graph), self.key.read_rubric.tolerance
        blanks, tensors = self.key.blanks, graph.tensors
        margins = [margin(number, blank.direction, within) for number, blank in zip(numbers, blanks, strict=True)]
        beside = [_beside(tensors[blank.tensor], blank.index) for blank in blanks]
        return np.asarray(numbers), np.asarray(margins), np.asarray(beside).T


def _beside(tensor: np.ndarray, index: tuple[int, ...]) -> list[float]:
    """The elements before and behind an element, in its row and in its column; NaN where there is none."""
    padded = np.pad(np.atleast_2d(tensor), 1, constant_values=np.nan)
    *outer, row, col = (each + 1 for each in (0, 0, *index)[-padded.ndim :])
    sides = ((row, col - 1), (row, col + 1), (row - 1, col), (row + 1, col))
    return [float(padded[(*outer, *side)]) for side in sides]


def make_plan(network: ExerciseNetwork, key: Key, variants: Sequence[str], *, many: bool) -> ExercisePlan:
    """Choose what is asked for, by the numbers of some variants; a key that knows it already has its blanks again.

    With `many`, all get the same, and further variants may follow. The network has its own numbers.

    Raises:
        ExportError: nothing can be left empty, or too little that does for most variants.
    """
    options = key.options
    reference = ReferenceWorkbook(network.graph, options)
    strict = options.exam or many
    if key.blanks:
        chosen = tuple(_candidate(reference, blank) for blank in key.blanks)
        withheld = frozenset(reference.index[sheet, *place_of(cell)] for sheet, cell in key.withheld)
        return ExercisePlan(key, reference, strict, chosen, withheld)
    values = [reference.values(made.graph) for made in _sample(network, key, variants, many=many)]
    fitness = Fitness(reference, values, key, strict=strict)
    seed = "" if many else variants[0]
    for turn in range(PLANS):
        draw = hash_random(key.secret, f"blanks {turn}" if turn else "blanks", seed)
        count = max(1, options.count - turn // WITH_SO_MANY)
        cells = choose(fitness, count, draw)
        plan = ExercisePlan(key, reference, strict, tuple(cells))
        if not options.pasted:
            return plan
        found = [plan.leaking(each) for each in values]
        counts = np.zeros(len(reference.places))
        for each in found:
            counts[[*each]] += 1
        withheld = frozenset(np.flatnonzero(counts >= OFTEN * len(values)).tolist())
        typed = {reference.index[place] for place, _ in reference.numbers(reference.book.graph)}
        if np.mean([each <= withheld for each in found]) >= LEAST and not withheld & typed:
            return replace(plan, withheld=withheld)
    raise ExportError(
        "whatever is left empty, its answer stands in another cell, too: ask for fewer blanks, or say --live"
    )


def _sample(network: ExerciseNetwork, key: Key, variants: Sequence[str], *, many: bool) -> Iterator[ExerciseNetwork]:
    """Variants by whose numbers the blanks are chosen: of the first students, or several of one."""
    count = SAMPLE if many else SAMPLE_OF_ONE if key.options.exam else 1
    turns = -(-count // len(variants))
    for variant in variants[:count]:
        yield from (made for _, made in islice(network.draws(key.secret, variant), turns))


def _candidate(reference: ReferenceWorkbook, blank: Blank) -> PossibleBlank:
    """The cell of a blank.

    Raises:
        ExportError: the key and the network do not belong together.
    """
    for source in reference.sources:
        if (source.tensor, source.direction) == (blank.tensor, blank.direction):
            found = PossibleBlank(source, blank.index, blank.level)
            if (found.place.sheet, found.place.area) == (blank.sheet, blank.cell):
                return found
    raise ExportError(f"the key does not belong to its source: '{blank.tensor}' is not at {blank.sheet}!{blank.cell}")
