"""A workbook in which some formulas are changed: what its claims give then, and what a cell must give for a claim."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.overlay import Over
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.graph.tolerance import loosely_equal, nearly_equal
from spreadsheet_autograd.judge.verdicts import Verdict
from spreadsheet_autograd.language.syntax import Node

MOST_NEEDED = 6
"""At how many choices of numbers a change is tried first; it must be right at all of them."""


class EditedWorkbook:
    """The formulas that were changed, and what follows from them."""

    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place]) -> None:
        self._graph, self._states = graph, states
        self.formulas: dict[Place, Node] = {}
        self._values_of: dict[Point, Over] = {}
        self._known_behind: dict[frozenset[Place], set[Place]] = {}

    def add(self, formulas: Mapping[Place, Node]) -> None:
        """Change formulas from now on."""
        self.formulas.update(formulas)
        self._values_of, self._known_behind = {}, {}

    @contextmanager
    def trying(self, formulas: Mapping[Place, Node]) -> Iterator[None]:
        """Change formulas for a while."""
        before = self.formulas, self._values_of, self._known_behind
        self.formulas, self._values_of, self._known_behind = {**self.formulas, **formulas}, {}, {}
        try:
            yield
        finally:
            self.formulas, self._values_of, self._known_behind = before

    def formula(self, claim: Claim, cell: Place) -> Node | None:
        """The formula of a cell, as it is after what was mended."""
        if cell in self.formulas:
            return self.formulas[cell]
        return shown_formula(self._graph, claim) if cell == claim.cell else self._graph.formulas.get(cell)

    def value(self, claim: Claim, point: Point, given: Mapping[Place, object]) -> float | None:
        """What a claim gives with other values in some cells, and with what was mended."""
        formula = self.formula(claim, claim.cell)
        if formula is None:
            return None
        if claim.cell in given:
            value = given[claim.cell]
            return value if isinstance(value, float) else None
        values = Over({**given}, point.values, self._behind(given))
        try:
            with self._graph.instead(self.formulas):
                self._graph.compute(self._graph.reads(formula), values, point.leaf, cut=self._states)
        except ExportError:  # what was changed is circular
            return None
        return as_float(self._graph.value(formula, values, claim.cell))

    def _behind(self, given: Collection[Place] = ()) -> set[Place]:
        """What follows from the changed formulas, and from some cells."""
        key = frozenset(given)
        if key not in self._known_behind:
            self._known_behind[key] = self._graph.descendants_of_all({*self.formulas, *given}, self._states)
        return self._known_behind[key]

    def cone(self, claim: Claim, formula: Node) -> Iterator[Place]:
        """Yield a claim's cell and what leads to it in the sheet as it was, the nearest first."""
        seen = {claim.cell: None}
        todo = [(claim.cell, formula)]
        for _, node in todo:
            for at in self._graph.cells_read(node):
                if at not in seen and at not in self._states:
                    seen[at] = None
                    other = self._graph.formulas.get(at)
                    if other is not None:
                        todo.append((at, other))
        yield from (at for at in seen if at == claim.cell or at in self._graph.formulas)

    def needed(self, verdict: Verdict, cell: Place) -> list[tuple[Point, float]] | None:
        """What a cell must give for a claim to be right, where it goes into it linearly.

        At some choices of numbers it doesn't matter, as where a unit is off: these are left out.
        """
        if cell == verdict.claim.cell:
            return [*zip(verdict.points, verdict.truths, strict=True)][:MOST_NEEDED]
        if cell[1] < 0:
            return None
        needed = []
        for point, truth in [*zip(verdict.points, verdict.truths, strict=True)][:MOST_NEEDED]:
            at_0, at_1, at_2 = (self.value(verdict.claim, point, {cell: x}) for x in (0.0, 1.0, 2.0))
            if at_0 is None or at_1 is None or at_2 is None:
                return None
            slope = at_1 - at_0
            if slope == 0 and nearly_equal(at_0, truth):
                continue
            if slope == 0 or not nearly_equal(at_2 - at_1, slope, abs(at_0) + abs(at_1)):
                return None
            needed.append((point, (truth - at_0) / slope))
        return needed if len(needed) > 1 or len(needed) == len(verdict.points) else None

    def is_right(self, verdict: Verdict, *, where_tried: bool = False) -> bool:
        """Whether a claim is right with what was changed: at one kind of sample points, or at those in use."""
        tries = (
            [(verdict.points, verdict.truths)] if where_tried else verdict.tries or [(verdict.points, verdict.truths)]
        )
        own, truth = verdict.own, verdict.truth
        if own is not None and truth is not None and not self._is_right_at(verdict.claim, [own], [truth]):
            return False
        return any(self._is_right_at(verdict.claim, points, truths) for points, truths in tries)

    def _is_right_at(self, claim: Claim, points: Sequence[Point], truths: Sequence[float]) -> bool:
        for point, truth in zip(points, truths, strict=True):
            value = self.value(claim, point, {})
            if value is None or not loosely_equal(value, truth):
                return False
        return bool(points)

    def values(self, point: Point) -> MutableMapping[Place, object]:
        """All cells at a choice of numbers, with what was mended, and what follows from that."""
        if not self.formulas:
            return point.values
        if point not in self._values_of:
            cut = {*self._states} - self.formulas.keys()
            behind = self._behind() - cut
            values = Over({}, point.values, behind)
            try:
                with self._graph.instead(self.formulas):
                    self._graph.compute(behind, values, point.leaf, cut=cut)
            except ExportError:  # what was changed is circular
                return point.values
            self._values_of[point] = values
        return self._values_of[point]
