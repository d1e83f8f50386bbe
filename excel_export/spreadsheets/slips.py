"""The slip behind a wrong claim: the smallest change of one formula that makes the claim right everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.candidates import Candidate, changes
from excel_export.spreadsheets.claims import Claim, shown_formula
from excel_export.spreadsheets.draws import Point
from excel_export.spreadsheets.evaluate import evaluate
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.losses import near
from excel_export.spreadsheets.syntax import Node, Part, shifted
from excel_export.spreadsheets.values import Grid
from excel_export.spreadsheets.verdicts import Verdict

MOST_CELLS, MOST_TRIED, MOST_KNOWN = 40, 6_000, 50


@dataclass(frozen=True)
class Slip:
    """What is wrong in one formula."""

    cell: Place
    candidate: Candidate
    formula: Node
    mends: tuple[Claim, ...]
    """The claims that it makes right."""
    like: Place | None = None
    """The cell of which this formula is a copy, with the same slip."""


class Search:
    """Looks for slips, those that are found already being mended."""

    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place]) -> None:
        self._graph, self._states = graph, states
        self.mended: dict[Place, Node] = {}
        self._values_of: dict[int, dict[Place, object]] = {}
        self._known: list[tuple[Slip, Node]] = []
        """What was found, with the formula as it stood there: where formulas are copied, slips are, too."""

    def find(self, verdict: Verdict, others: Sequence[Verdict]) -> Slip | None:
        """Find the change that mends a wrong claim, and as many of the other wrong ones as may be."""
        claim, loss = verdict.claim, verdict.loss
        formula = shown_formula(self._graph, claim)
        if formula is None or loss is None or not verdict.points:
            return None
        copied = self._copied(verdict, others)
        if copied:
            return copied
        forward = self._graph.ancestors(loss, self._states)
        backward = [at for at in self._cone(claim, formula) if at not in forward or at == claim.cell]
        for points, truths in verdict.tries or [(verdict.points, verdict.truths)]:
            verdict.points, verdict.truths = points, truths
            found = self._best(verdict, others, backward, forward)
            if found:
                return found
        return None

    def _best(
        self, verdict: Verdict, others: Sequence[Verdict], backward: Sequence[Place], forward: set[Place]
    ) -> Slip | None:
        best: tuple[tuple[int, int, int], Slip] | None = None
        for depth, cell in enumerate(backward[:MOST_CELLS]):
            needed = self._needed(verdict, cell)
            if needed is None:
                continue
            found = 0
            for candidate in self._mending(verdict, cell, needed, forward):
                slip = self._checked(verdict, others, cell, candidate)
                if slip:
                    # The cell that mends most is the one that is wrong itself; of two, the smaller change.
                    rank = (-len(slip.mends), candidate.rank, depth)
                    if best is None or rank < best[0]:
                        best = rank, slip
                    found += 1
                if found >= 4:
                    break
        return best[1] if best else None

    def _copied(self, verdict: Verdict, others: Sequence[Verdict]) -> Slip | None:
        """The same slip as before, in a formula that is a copy of the one that had it."""
        for slip, formula in self._known:
            mended = slip.mends[0].cell
            rows, cols = verdict.claim.cell[1] - mended[1], verdict.claim.cell[2] - mended[2]
            cell = (slip.cell[0], slip.cell[1] + rows, slip.cell[2] + cols)
            if cell[1] < 1 or self.formula(verdict.claim, cell) != shifted(formula, rows, cols):
                continue
            old, new = (node and shifted(node, rows, cols) for node in (slip.candidate.old, slip.candidate.new))
            changed = shifted(slip.formula, rows, cols)
            candidate = Candidate(slip.candidate.kind, changed, slip.candidate.rank, old, new)
            found = self._checked(verdict, others, cell, candidate)
            if found:
                return replace(found, like=slip.like or slip.cell)
        return None

    def formula(self, claim: Claim, cell: Place) -> Node | None:
        """The formula of a cell, as it is after what was mended."""
        if cell in self.mended:
            return self.mended[cell]
        return shown_formula(self._graph, claim) if cell == claim.cell else self._graph.formulas.get(cell)

    def _cone(self, claim: Claim, formula: Node) -> Iterator[Place]:
        """Yield the claim's cell and what leads to it, the nearest first."""
        seen = {claim.cell: None}
        todo = [(claim.cell, formula)]
        for _, node in todo:
            for at in self._graph.reads(node):
                if at not in seen and at not in self._states:
                    seen[at] = None
                    other = self._graph.formulas.get(at)
                    if other is not None:
                        todo.append((at, other))
        for at in seen:
            if at == claim.cell or at in self._graph.formulas:
                yield at

    def _value(self, claim: Claim, point: Point, given: Mapping[Place, object]) -> float | None:
        """What a claim gives with other values in some cells, and with what was mended."""
        formula = self.formula(claim, claim.cell)
        if formula is None:
            return None
        if claim.cell in given:
            value = given[claim.cell]
            return value if isinstance(value, float) else None
        changed = {**given}
        if self.mended or given:
            for at in self._order(formula):
                if at in changed or at in self._states:
                    continue
                node = self.mended.get(at) or self._graph.formulas.get(at)
                reads = self._graph.reads(node) if node is not None else ()
                if node is not None and (at in self.mended or any(other in changed for other in reads)):
                    for other in reads:
                        point.number(other)
                    changed[at] = self._graph.value(node, _Over(changed, point.values), at)
        for at in self._graph.reads(formula):
            point.number(at)
        value = self._graph.value(formula, _Over(changed, point.values), claim.cell)
        return value if isinstance(value, float) else None

    def _order(self, formula: Node) -> list[Place]:
        """What leads to a formula, the first first."""
        done: dict[Place, None] = {}
        stack: list[tuple[Place, bool]] = [(at, False) for at in self._graph.reads(formula)]
        while stack:
            at, is_ready = stack.pop()
            if at in done or at in self._states:
                continue
            if is_ready:
                done[at] = None
                continue
            stack.append((at, True))
            node = self.mended.get(at)
            reads = self._graph.reads(node) if node is not None else self._graph.precedents(at)
            stack.extend((other, False) for other in reads if other not in done)
        return [*done]

    def _needed(self, verdict: Verdict, cell: Place) -> list[float] | None:
        """What a cell must give at each choice of numbers for the claim to be right, where it goes into it linearly."""
        if cell == verdict.claim.cell:
            return verdict.truths
        if cell[1] < 0:
            return None
        needed = []
        for point, truth in zip(verdict.points, verdict.truths, strict=True):
            at_0, at_1, at_2 = (self._value(verdict.claim, point, {cell: x}) for x in (0.0, 1.0, 2.0))
            if at_0 is None or at_1 is None or at_2 is None:
                return None
            slope = at_1 - at_0
            if slope == 0 or not near(at_2 - at_1, slope, abs(at_0) + abs(at_1)):
                return None
            needed.append((truth - at_0) / slope)
        return needed

    def _mending(self, verdict: Verdict, cell: Place, needed: list[float], forward: set[Place]) -> Iterator[Candidate]:
        """Yield the changes of a cell's formula that give what it must."""
        formula = self.formula(verdict.claim, cell)
        if formula is None:
            return
        part = formula if isinstance(formula, Part) else None
        if part:
            formula = self.mended.get(part.array) or self._graph.formulas[part.array]
        home = part.array if part else cell
        is_array = home in self._graph.arrays
        first = verdict.points[0]
        behind = self._graph.descendants(home, self._states)
        tried = changes(self._graph, formula, cell, forward, verdict.points, needed, part is not None)
        for candidate in islice(tried, MOST_TRIED):
            reads = self._graph.reads(candidate.formula)
            if any(at in behind for at in reads):
                continue  # it would depend on itself
            for at in reads:
                first.number(at)
            for point, wanted in zip(verdict.points, needed, strict=True):
                for at in reads if point is not first else ():
                    point.number(at)
                value = evaluate(candidate.formula, self._mended_values(point), home, is_array)
                if isinstance(value, Grid) and part:
                    rows, cols = value.shape
                    value = value.rows[part.row][part.col] if part.row < rows and part.col < cols else None
                if not isinstance(value, float) or abs(value - wanted) > 1e-7 * max(abs(value), abs(wanted), 1e-9):
                    break
            else:
                yield candidate

    def _mended_values(self, point: Point) -> Mapping[Place, object]:
        """All cells at a choice of numbers, with what was mended, and what follows from that."""
        if not self.mended:
            return point.values
        if id(point) not in self._values_of:
            behind = set[Place]().union(*(self._graph.descendants(at, self._states) for at in self.mended))
            behind -= {*self._states} - self.mended.keys()
            values: dict[Place, object] = {at: value for at, value in point.values.items() if at not in behind}
            with self._graph.instead(self.mended):
                self._graph.compute(behind, values, point.leaf)
            self._values_of[id(point)] = values
        return _Over(self._values_of[id(point)], point.values)

    def _checked(self, verdict: Verdict, others: Sequence[Verdict], cell: Place, candidate: Candidate) -> Slip | None:
        before = dict(self.mended)
        formula = self.formula(verdict.claim, cell)
        home = formula.array if isinstance(formula, Part) else cell
        self.mended[home] = candidate.formula
        try:
            if not self._is_right(verdict):
                return None
            mends = [verdict.claim]
            for other in others:
                if other is not verdict and self._is_right(other):
                    mends.append(other.claim)
            return Slip(cell, candidate, candidate.formula, tuple(mends))
        finally:
            self.mended = before

    def _is_right(self, verdict: Verdict) -> bool:
        tries = verdict.tries or [(verdict.points, verdict.truths)]
        return any(self._is_right_at(verdict.claim, points, truths) for points, truths in tries)

    def _is_right_at(self, claim: Claim, points: Sequence[Point], truths: Sequence[float]) -> bool:
        for point, truth in zip(points, truths, strict=True):
            value = self._value(claim, point, {})
            if value is None or abs(value - truth) > 1e-8 * max(abs(value), abs(truth)) + 1e-12:
                return False
        return bool(points)

    def accept(self, slip: Slip) -> list[Claim]:
        """Take a slip as mended from now on."""
        formula = self.formula(slip.mends[0], slip.cell)
        if formula is not None and not isinstance(formula, Part) and len(self._known) < MOST_KNOWN:
            self._known.append((slip, formula))
        self.mended[formula.array if isinstance(formula, Part) else slip.cell] = slip.formula
        self._values_of.clear()
        return [*slip.mends]


class _Over(Mapping[Place, object]):
    """Values with others laid over them."""

    def __init__(self, over: Mapping[Place, object], below: Mapping[Place, object]) -> None:
        self._over, self._below = over, below

    def __getitem__(self, at: Place) -> object:
        return self._over[at] if at in self._over else self._below[at]

    def get(self, at: Place, default: object = None) -> object:
        """The value of a cell."""
        return self._over[at] if at in self._over else self._below.get(at, default)

    def __iter__(self) -> Iterator[Place]:
        return iter({**self._below, **self._over})

    def __len__(self) -> int:
        return len({*self._below, *self._over})
