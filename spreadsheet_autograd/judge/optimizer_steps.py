"""Computes updates at other numbers: what their next value depends on, and which of their cells keep a state."""

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
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.language.places import way
from spreadsheet_autograd.language.syntax import Cell, pieces

MOST_CELLS = 60
"""The most formulas of an update."""
SAMPLES = 3
"""The number of choices of numbers at which an update is computed."""
SAME = 1e-9
"""The relative difference up to which two results count as equal."""
FAR = 1.3
"""The size of the gradient that an update gets, with either sign."""
NEAR = 0.4
"""The size of another gradient, to tell whether an update depends on the size alone."""


@dataclass
class OptimizerStep:
    """The formulas of one update, from the parameter and its gradient to the next value.

    In the examples below, row 5 has momentum: C5 `=0.9*C4+D5` is the velocity, a state that lasts from step to step,
    and B6 `=B5-F1*C5` the next value.
    """

    graph: SpreadsheetGraph
    update: Update
    """The update, that of B6."""
    first: Place
    """The cell of the parameter's value before all steps, B2 if the training begins in row 2."""
    cells: list[Place] = field(default_factory=list)
    """The formulas in the order of computation, [C5, B6]; the last is the next value's."""
    leaves: list[Place] = field(default_factory=list)
    """The cells at which the step ends, whose formulas aren't computed: B5, F1, C4, D5."""
    gradients: list[Place] = field(default_factory=list)
    """The leaves that claim to be gradients, [D5]."""
    before: dict[Place, Place] = field(default_factory=dict)
    """For each cell with a state, the cell with the same state a step before, {C5: C4}; {} if nothing is kept."""

    @cached_property
    def samples(self) -> list[dict[Place, Scalar]]:
        """Three choices of numbers for the leaves, [{B5: 1.2, F1: 0.1, C4: 0.4, D5: 0.7}, …], the same at each call.

        Typed numbers other than 0, as the rate in F1, stay as in the file; the parameter, states and all others are
        random.
        """
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

    def computed(self, sample: Mapping[Place, Scalar], overrides: Mapping[Place, Scalar]) -> dict[Place, Scalar]:
        """Return the values of all formulas and leaves with other values in some cells; `sample` stays as it is.

        `computed({B5: 1, F1: 0.1, C4: 0, D5: 2}, {D5: 3})` is {B5: 1, F1: 0.1, C4: 0, D5: 3, C5: 3, B6: 0.7}.

        Args:
            sample: the values of the leaves.
            overrides: values that replace those of leaves or of formulas, which are then not computed; {} for none.
        """
        values = {**sample, **overrides}
        for at in self.cells:
            if at not in overrides:
                values[at] = self.graph.value(self.graph.formulas[at], values, at)
        return values

    def follows(self, leaf: Place, cell: Place | None = None) -> tuple[bool, bool, bool]:
        """Return whether a cell depends on a leaf, whether on the leaf's sign, and whether it grows with the leaf.

        B6 by the gradient D5 is (True, True, False): it falls as D5 grows; by a leaf that is only squared it is (True,
        False, False). `cell` is None for the cell of the next value, B6.
        """
        cell, depends, tells, grows = cell or self.update.new, False, False, True
        for sample in self.samples:
            found = [as_float(self.computed(sample, {leaf: x}).get(cell)) for x in (-FAR, FAR, NEAR)]
            low, high, near = (float("nan") if each is None else each for each in found)
            size = SAME * max(abs(low), abs(high), 1e-3)
            depends |= abs(high - near) > size or abs(high - low) > size
            tells |= abs(high - low) > size
            grows &= high > low
        return depends, tells, tells and grows

    def has_constant_slope(self, leaf: Place, cell: Place) -> bool:
        """Return whether a cell is linear in a leaf: True for C5 `=0.9*C4+D5` by D5, False for `=0.9*C4+D5^2`."""
        slopes = []
        for sample in self.samples:
            low, middle, high = (as_float(self.computed(sample, {leaf: x}).get(cell)) for x in (-FAR, 0.0, FAR))
            if low is None or middle is None or high is None:
                return False
            slopes += [middle - low, high - middle]
            if not nearly_equal(slopes[-1], slopes[-2], abs(low) + abs(high)):
                return False
        return any(slopes)

    def reads(self, at: Place) -> set[Place]:
        """Return the cells that a formula of the update reads itself: {C4, D5} for C5 `=0.9*C4+D5`."""
        return {*self.graph.cells_read(self.graph.formulas[at])}

    def behind(self, leaves: Collection[Place]) -> set[Place]:
        """Return leaves, and the update's formulas that depend on them: {D5, C5, B6} for [D5]."""
        found = {*leaves}
        for at in self.cells:
            if found & self.reads(at):
                found.add(at)
        return found

    @cached_property
    def rooted(self) -> set[Place]:
        """The cells in `cells` that stand under a root: {E5} for `=B5-F1*C5/SQRT(E5)`; set() without a root."""
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
        """The cells in `rooted`, and those in `cells` from which these are computed, in order of computation: [E5]."""
        found = set(self.rooted)
        for at in reversed(self.cells):
            if at in found:
                found |= self.reads(at) & {*self.cells}
        return [at for at in self.cells if at in found]


def optimizer_steps(
    graph: SpreadsheetGraph, updates: Sequence[Update], states: Collection[Place], gradients: Collection[Place]
) -> list[OptimizerStep]:
    """Return the formulas of each update, an `OptimizerStep`, in the order of the updates.

    An update with more than 60 formulas is left out. A step begins at its leaves: parameters, gradients, and states of
    the optimizer from the step before, such as a velocity. `updates` are as `find_updates` returns them, `states` the
    parameters of all steps, `gradients` the cells that claim to be gradients.
    """
    patterns, ends = CopiedFormulas(graph), {*states, *gradients}
    looks_back: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    """For each cell with a state its place relative to the next value, and that of the state before relative to it."""

    def state_before(at: Place, cells: Collection[Place]) -> Place | None:
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
                done[at] = None  # all cells that it reads are done
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
