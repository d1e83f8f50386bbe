"""An update, tried with other numbers: what the new value follows, and which of its cells remember the step before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.optimizer_state import is_root
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.functions.values import CellError, Scalar, as_float
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.places import way
from spreadsheet_autograd.language.syntax import Cell, pieces

MOST_CELLS, SAMPLES, SAME = 60, 3, 1e-9
FAR, NEAR = 1.3, 0.4
"""Gradients that are tried, with both signs."""


@dataclass
class OptimizerStep:
    """What an update is made of: its formulas, up to parameters, gradients, typed numbers and the step before."""

    graph: SpreadsheetGraph
    update: Update
    first: Place
    """The cell with which its parameter begins, before all steps."""
    cells: list[Place] = field(default_factory=list)
    """The formulas, the last of which is the new value's, in the order of computation."""
    leaves: list[Place] = field(default_factory=list)
    gradients: list[Place] = field(default_factory=list)
    """The cells among them that claim to be gradients."""
    before: dict[Place, Place] = field(default_factory=dict)
    """For a cell that remembers: where the same stands a step before."""

    @cached_property
    def samples(self) -> list[dict[Place, Scalar]]:
        """Numbers for its leaves, drawn a few times."""
        found = []
        for seed in range(SAMPLES):
            random = Random(f"{seed} {self.update.new}")
            values: dict[Place, Scalar] = {}
            for at in self.leaves:
                own = self.graph.numbers.get(at)
                is_typed = at not in self.graph.formulas and at != self.update.old and at not in self.before.values()
                is_kept = not isinstance(own, (float, CellError)) or (is_typed and own != 0)
                values[at] = own if is_kept else random.uniform(0.3, 1.7)
            found.append(values)
        return found

    def computed(self, sample: Mapping[Place, Scalar], given: Mapping[Place, Scalar]) -> dict[Place, Scalar]:
        """Its cells at such numbers, where some have values that are given."""
        values = {**sample, **given}
        for at in self.cells:
            if at not in given:
                values[at] = self.graph.value(self.graph.formulas[at], values, at)
        return values

    def follows(self, leaf: Place, cell: Place | None = None) -> tuple[bool, bool, bool]:
        """How a cell, or the new value, follows a leaf: whether at all, whether it tells signs, whether upwards."""
        cell, depends, tells, grows = cell or self.update.new, False, False, True
        for sample in self.samples:
            found = [as_float(self.computed(sample, {leaf: x}).get(cell)) for x in (-FAR, FAR, NEAR)]
            low, high, near = (float("nan") if each is None else each for each in found)
            size = SAME * max(abs(low), abs(high), 1e-3)
            depends |= abs(high - near) > size or abs(high - low) > size
            tells |= abs(high - low) > size
            grows &= high > low
        return depends, tells, tells and grows

    def reads(self, at: Place) -> set[Place]:
        """What the formula of one of its cells reads."""
        return {*self.graph.cells_read(self.graph.formulas[at])}

    def behind(self, leaves: Collection[Place]) -> set[Place]:
        """Some leaves, and its cells that are made of them."""
        found = {*leaves}
        for at in self.cells:
            if found & self.reads(at):
                found.add(at)
        return found

    @cached_property
    def rooted(self) -> set[Place]:
        """The cells of which a root is taken."""
        own = {*self.cells}
        return {
            inner.place
            for at in self.cells
            for piece in pieces(self.graph.formulas[at])
            if is_root(piece)
            for inner in pieces(piece)
            if isinstance(inner, Cell) and inner.place in own
        }

    @cached_property
    def under_root(self) -> list[Place]:
        """The cells under a root and what leads to them, in the order of computation."""
        found = set(self.rooted)
        for at in reversed(self.cells):
            if at in found:
                found |= self.reads(at) & {*self.cells}
        return [at for at in self.cells if at in found]


def optimizer_steps(
    graph: SpreadsheetGraph, updates: Sequence[Update], states: Collection[Place], gradients: Collection[Place]
) -> list[OptimizerStep]:
    """Take updates apart; those that are made of too much are left out.

    Args:
        graph: the workbook.
        updates: its updates.
        states: the parameters, of all steps.
        gradients: the cells that claim to be gradients.
    """
    patterns, ends = CopiedFormulas(graph), {*states, *gradients}
    looks_back: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    """Where cells that remember stand, seen from the new value, and how far each looks back."""

    def state_before(at: Place, cells: Collection[Place]) -> Place | None:
        """The cell of a step of which another one is the same a step before: a copy of its formula, in line with it."""
        form = patterns.form(at)
        same = (each for each in cells if each[0] == at[0] and (each[1] == at[1] or each[2] == at[2]))
        return next((each for each in same if form is not None and patterns.form(each) == form), None)

    before = {graph.repeated(update.new): graph.repeated(update.old) for update in updates}

    def first(update: Update) -> Place:
        at, seen = graph.repeated(update.old), set[Place]()
        while at in before and at not in seen:
            seen.add(at)
            at = before[at]
        return at

    def apart(update: Update) -> OptimizerStep | None:
        step = OptimizerStep(graph, update, first(update))
        leaves, done, opened = dict[Place, None](), dict[Place, None](), set[Place]()
        stack = [update.new]
        while stack:
            at = stack.pop()
            if at in opened:
                done[at] = None  # all that it reads is done
                continue
            opened.add(at)
            stack.append(at)
            if len(opened) > MOST_CELLS:
                return None
            for other in graph.cells_read(graph.formulas[at]):
                is_back = (way(update.new, at), way(at, other)) in looks_back
                keeping = at if is_back else state_before(other, opened)
                if other in ends or other not in graph.formulas or keeping:
                    leaves[other] = None
                    if keeping and other not in ends:
                        step.before[keeping] = other
                elif other not in opened:
                    stack.append(other)
        step.cells, step.leaves = [*done], [*leaves]
        step.gradients = [at for at in leaves if at in gradients]
        return step

    steps = [step for update in updates if (step := apart(update))]
    for step in steps:
        looks_back |= {(way(step.update.new, at), way(at, before)) for at, before in step.before.items()}
    return [step for update in updates if (step := apart(update))] if looks_back else steps
