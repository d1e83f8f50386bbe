"""Computes claims and losses at sample points with other formulas in some cells."""

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Over, Point
from spreadsheet_autograd.graph.slopes import central_difference
from spreadsheet_autograd.graph.tolerance import loosely_equal, nearly_equal
from spreadsheet_autograd.judge.verdicts import Verdict
from spreadsheet_autograd.language.syntax import Node
from spreadsheet_autograd.roles.matches import ROUNDING, SAME

MOST_NEEDED = 6
"""The number of sample points at which the needed value of a cell is computed."""
POINTS_OF_MOVED = 6
"""The number of sample points at which a change of the forward pass is tried."""
MOST_KNOWN = 500
"""The number of sets of cells for which the dependent ones are stored."""
Formulas = Mapping[Place, Node]


class Trial:
    """A workbook with corrected formulas, in which further ones can be tried within `with trial.trying({B6: …})`.

    `states` are the parameters, also those that an update computes: changes are not followed through them.
    """

    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place]) -> None:
        self._graph, self._states = graph, states
        self.mended: dict[Place, Node] = {}
        """The corrected formulas by their cells."""
        self._changed: Formulas = {}
        self._moved: set[Place] = set()
        """The cells that depend on the formulas on trial, not those that depend on corrected ones."""
        self._values_of: dict[Point, Over] = {}
        self._behind = lru_cache(MOST_KNOWN)(lambda cells: graph.descendants_of_all(cells, states))

    def mend(self, formulas: Formulas) -> None:
        """Correct formulas, {B6: 2*(B4-B2)*B1}, from now on."""
        self.mended.update(formulas)
        self._values_of = {}

    @contextmanager
    def trying(self, formulas: Formulas) -> Iterator[None]:
        """Let the workbook compute with other formulas, {B6: 2*(B4-B2)*B1}, and corrected ones, in a `with` block."""
        self._changed, self._moved = {**self.mended, **formulas}, self.behind(formulas)
        try:
            with self._graph.replacing(self._changed):
                yield
        finally:
            self._changed, self._moved = {}, set()

    def behind(self, cells: Collection[Place]) -> set[Place]:
        """Return some cells and all that depend on them in the sheet as saved: {B4, B5} for [B4] if B5 reads B4."""
        return self._behind(frozenset(cells))

    def formula(self, claim: Claim, cell: Place) -> Node | None:
        """Return a cell's formula, corrected if it was corrected, 2*(B4-B2)*B1; None for a cell without a formula.

        In the claim's own cell it is the claim's formula, which may be a part of an update.
        """
        if cell in self.mended:
            return self.mended[cell]
        return shown_formula(self._graph, claim) if cell == claim.cell else self._graph.formulas.get(cell)

    def number(self, claim: Claim, point: Point, overrides: Mapping[Place, object] | None = None) -> float | None:
        """Return the number of a claim with the formulas on trial, 4.0; None for no number, or if they are circular.

        `overrides` are other values in some cells, {B3: 1.0}.
        """
        formula = self._changed.get(claim.cell) or shown_formula(self._graph, claim)
        if overrides and claim.cell in overrides:
            return as_float(overrides[claim.cell])
        if formula is None:
            return point.number(claim.cell)
        values = Over({**(overrides or {})}, point.values, self.behind({*self._changed, *(overrides or ())}))
        try:
            self._graph.compute(self._graph.reads(formula), values, point.leaf, cut=self._states)
        except ExportError:  # the change makes the sheet circular
            return None
        return as_float(self._graph.value(formula, values, claim.cell))

    def slope(self, loss: Place, by: Place, point: Point) -> tuple[float, float] | None:
        """Return the derivative of a loss with the formulas on trial, by differences, and the error by rounding in it.

        About (4.0, 2e-10) for a slope of 4 where the loss is 1; None if one of the numbers can't be computed.
        """
        of_loss = Claim(loss, by, "loss")
        is_computed_anew = by in self._moved and by not in self._states
        own = self.number(Claim(by, by, "loss"), point) if is_computed_anew else point.number(by)
        if own is None:
            return None
        losses: list[float | None] = []

        def moved(number: float) -> float | None:
            losses.append(self.number(of_loss, point, {by: number}))
            return losses[-1]

        found = central_difference(moved, own)
        return None if found is None else (found, ROUNDING * (1 + abs(losses[-1] or 0.0)))

    def is_right(self, verdict: Verdict, *, where_tried: bool = False, is_known: bool = False) -> bool:
        """Return whether a claim is right with the formulas on trial, at one kind of its sample points, and as saved.

        Args:
            verdict: the verdict on the claim.
            where_tried: True for the points in `verdict.points` only; False for any kind in `verdict.tries`.
            is_known: True if the claim may be 0 at all points, as one that was right before; see `is_right_at`.
        """
        own, truth = verdict.as_saved, verdict.truth
        tries = (not where_tried and verdict.tries) or [(verdict.points, verdict.truths)]
        is_right = any(self.is_right_at(verdict, *each, is_known=is_known) for each in tries)
        return is_right and (own is None or truth is None or self.is_right_at(verdict, [own], [truth], is_known=True))

    def is_right_at(
        self, verdict: Verdict, points: Sequence[Point], truths: Sequence[float], *, is_known: bool = False
    ) -> bool:
        """Return whether a claim is right with the formulas on trial at some sample points.

        Args:
            verdict: the verdict on the claim.
            points: the sample points.
            truths: the derivatives there, for a loss that the formulas on trial don't change; else they are computed.
            is_known: True if the claim was right before, or cells beside have copies of these formulas: then it may be
                0 at all points.
        """
        if verdict.loss not in self._moved:
            values = (self.number(verdict.claim, point) for point in points)
            pairs = zip(values, truths, strict=True)
            return bool(points) and all(value is not None and loosely_equal(value, truth) for value, truth in pairs)
        assert verdict.loss
        says = False
        for k, point in enumerate(points):
            if k >= POINTS_OF_MOVED and (says or is_known):
                break
            said = self.number(verdict.claim, point)
            slope = self.slope(verdict.loss, self._graph.repeated(verdict.claim.of), point)
            if said is None or slope is None or abs(slope[0] - said) > SAME * max(abs(slope[0]), abs(said)) + slope[1]:
                return False
            says |= abs(said) > 10 * ROUNDING
        return says or is_known  # if all slopes are 0, the edit has only cut off the parameter

    def needed(self, verdict: Verdict, cell: Place) -> list[tuple[Point, float]] | None:
        """Return the value that a cell must have to make a claim right, at each sample point: [(point, 4.0), …].

        For the claim's own cell it is the derivative. Points at which the cell doesn't matter, as where a unit is off,
        are left out. None if the claim isn't linear in the cell, or if fewer than two points are left of several.
        """
        pairs = [*zip(verdict.points, verdict.truths, strict=True)][:MOST_NEEDED]
        if cell == verdict.claim.cell:
            return pairs
        if cell[1] < 0:
            return None
        needed = []
        with self.trying({}):
            for point, truth in pairs:
                at_0, at_1, at_2 = (self.number(verdict.claim, point, {cell: x}) for x in (0.0, 1.0, 2.0))
                if at_0 is None or at_1 is None or at_2 is None:
                    return None
                slope = at_1 - at_0
                if slope == 0 and nearly_equal(at_0, truth):
                    continue
                if slope == 0 or not nearly_equal(at_2 - at_1, slope, abs(at_0) + abs(at_1)):
                    return None
                needed.append((point, (truth - at_0) / slope))
        return needed if len(needed) > 1 or len(needed) == len(verdict.points) else None

    def values(self, point: Point) -> MutableMapping[Place, object]:
        """Return the values of all cells at a sample point, {B1: 2.0, B4: 2.0, …}, with the corrected formulas."""
        if not self.mended:
            return point.values
        if point not in self._values_of:
            cut = {*self._states} - self.mended.keys()
            behind = self.behind(self.mended) - cut
            values = Over({}, point.values, behind)
            try:
                with self._graph.replacing(self.mended):
                    self._graph.compute(behind, values, point.leaf, cut=cut)
            except ExportError:  # the corrections make the sheet circular
                return point.values
            self._values_of[point] = values
        return self._values_of[point]
