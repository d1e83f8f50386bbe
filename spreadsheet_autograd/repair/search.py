"""The slip behind a wrong claim: the smallest change of one formula that makes the claim right everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from time import process_time
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.functions.evaluate import evaluate
from spreadsheet_autograd.functions.values import Grid
from spreadsheet_autograd.graph.copied_formulas import FEWEST, CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.judge.verdicts import Verdict
from spreadsheet_autograd.language.places import moved, way
from spreadsheet_autograd.language.syntax import Node, Part, shifted
from spreadsheet_autograd.repair.edit import Edit, Repair
from spreadsheet_autograd.repair.edited_workbook import EditedWorkbook
from spreadsheet_autograd.repair.formula_edits import edits_of_copies, edits_of_one

MOST_CELLS, MOST_TRIED, MOST_KNOWN, SECONDS = 40, 6_000, 50, 8
MOST_COPIES, MOST_EDITS_OF_COPIES = 3_000, 800


class _Around(NamedTuple):
    """Where a slip is looked for, and until when."""

    backward: Sequence[Place]
    """The cells that may have it, the likeliest first."""
    forward: set[Place]
    """The cells that lead to the loss."""
    end: float


class Search:
    """Looks for repairs; those that were accepted are made already.

    No edit touches the claims that are `right`, or reads a cell to be `avoided` that the formula doesn't read already.
    """

    def __init__(
        self,
        graph: SpreadsheetGraph,
        states: Collection[Place],
        right: Collection[Place] = (),
        avoided: Collection[Place] = (),
    ) -> None:
        self._graph, self._states, self._right, self._avoided = graph, states, right, avoided
        self._behind_right = graph.ancestors_of_all(right, states) if right else set[Place]()
        self.patterns = CopiedFormulas(graph)
        self.edited = EditedWorkbook(graph, states)
        self._tried_copies: set[tuple[Place, int]] = set()
        self._known: list[tuple[Repair, Node]] = []
        """What was found, with the formula as it stood there: where formulas are copied, slips are, too."""

    def find(self, verdict: Verdict, others: Sequence[Verdict], cells: Sequence[Place] = ()) -> Repair | None:
        """Find the change that mends a wrong claim, and as many of the other wrong ones as may be.

        Args:
            verdict: the claim.
            others: further wrong claims.
            cells: where the slip may be; without them, in what leads to the claim and not to the loss.
        """
        claim, loss = verdict.claim, verdict.loss
        formula = shown_formula(self._graph, claim)
        if formula is None or loss is None or not verdict.points:
            return None
        copied = self._copied(verdict, others)
        if copied:
            return copied
        forward = self._graph.ancestors(loss, self._states)
        cone = [*self.edited.cone(claim, formula)]
        backward = [at for at in cone if at == claim.cell or (at not in forward and at not in self._right)]
        backward = self.patterns.in_order(cells or backward)
        for look in (self._best, self._of_copies):
            for points, truths in verdict.tries or [(verdict.points, verdict.truths)]:
                verdict.points, verdict.truths = points, truths
                found = look(verdict, others, _Around(backward, forward, process_time() + SECONDS))
                if found:
                    return found
        return None

    def _of_copies(self, verdict: Verdict, others: Sequence[Verdict], around: _Around) -> Repair | None:
        """The change of one formula and of all its copies beside it, where all of them have the same slip."""
        done: set[Place] = set()
        for cell in around.backward:
            if cell in done or process_time() > around.end:
                continue
            copies = self.patterns.copies(cell)
            done.update(copies)
            if (copies[0], len(self.edited.formulas)) in self._tried_copies:
                continue  # for another claim, in vain
            if self._behind_right.issuperset(copies):
                continue  # each of them leads to something that is right
            self._tried_copies.add((copies[0], len(self.edited.formulas)))
            formula = self.edited.formula(verdict.claim, cell)
            if not FEWEST <= len(copies) <= MOST_COPIES or formula is None:
                continue
            for candidate in islice(edits_of_copies(self._graph, formula, cell, around.forward), MOST_EDITS_OF_COPIES):
                repair = self._checked(verdict, others, cell, candidate, copies)
                if repair:
                    return repair
                if process_time() > around.end:
                    break
        return None

    def _best(self, verdict: Verdict, others: Sequence[Verdict], around: _Around) -> Repair | None:
        best: tuple[tuple[bool, int, bool, int, int], Repair] | None = None
        for depth, cell in enumerate(around.backward[:MOST_CELLS]):
            if process_time() > around.end:
                break
            needed = self.edited.needed(verdict, cell)
            if needed is None:
                continue
            found = 0
            usual = self.patterns.pattern(cell)
            as_copies = [Edit("copy", usual, 3)] if usual else []
            for candidate in chain(as_copies, self._mending(verdict, cell, needed, around.forward)):
                repair = self._checked(verdict, others, cell, candidate)
                if repair:
                    # The cell that mends most, and leads to nothing right, is wrong itself; of two, the smaller change.
                    is_usual = self.patterns.is_usual(cell)
                    rank = (cell in self._behind_right, -len(repair.explains), is_usual, candidate.rank, depth)
                    if best is None or rank < best[0]:
                        best = rank, repair
                    found += 1
                if found >= 4 or process_time() > around.end:
                    break
            if best and best[1].formula == self.patterns.pattern(cell):
                break
        return best[1] if best else None

    def _copied(self, verdict: Verdict, others: Sequence[Verdict]) -> Repair | None:
        """The same slip as before, in a formula that is a copy of the one that had it."""
        for repair, formula in self._known:
            rows, cols = way(repair.explains[0].cell, verdict.claim.cell)
            cell = moved(repair.cell, rows, cols)
            if cell[1] < 1 or self.edited.formula(verdict.claim, cell) != shifted(formula, rows, cols):
                continue
            found = self._checked(verdict, others, cell, repair.edit.shifted(rows, cols))
            if found:
                return replace(found, like=repair.like or repair.cell)
        return None

    def _mending(
        self, verdict: Verdict, cell: Place, needed: list[tuple[Point, float]], forward: set[Place]
    ) -> Iterator[Edit]:
        """Yield the changes of a cell's formula that give what it must."""
        formula = self.edited.formula(verdict.claim, cell)
        if formula is None:
            return
        part = formula if isinstance(formula, Part) else None
        if part:
            formula = self.edited.formulas.get(part.array) or self._graph.formulas[part.array]
        home = part.array if part else cell
        is_array = home in self._graph.arrays
        points, wanted_at = [point for point, _ in needed], [wanted for _, wanted in needed]
        first = points[0]
        own = self._graph.reads(formula)
        behind = {*self._graph.descendants(home, self._states), *(at for at in self._avoided if at not in own)}
        tried = edits_of_one(
            self._graph, formula, cell, forward, points, wanted_at, part is not None, self.edited.values
        )
        for candidate in islice(tried, MOST_TRIED):
            reads = self._graph.reads(candidate.formula)
            if any(at in behind for at in reads):
                continue  # it would depend on itself, or a forward pass on a gradient
            for at in reads:
                first.number(at)
            for point, wanted in needed:
                for at in reads if point is not first else ():
                    point.number(at)
                value = evaluate(candidate.formula, self.edited.values(point), home, is_array)
                if isinstance(value, Grid) and part:
                    rows, cols = value.shape
                    value = value.rows[part.row][part.col] if part.row < rows and part.col < cols else None
                if not isinstance(value, float) or abs(value - wanted) > 1e-7 * max(abs(value), abs(wanted), 1e-6):
                    break
            else:
                yield candidate

    def _checked(
        self,
        verdict: Verdict,
        others: Sequence[Verdict],
        cell: Place,
        candidate: Edit,
        copies: Sequence[Place] = (),
    ) -> Repair | None:
        formula = self.edited.formula(verdict.claim, cell)
        with self.edited.trying(_changed(formula, cell, candidate.formula, copies)):
            if not self.edited.is_right(verdict, where_tried=True):
                return None
            explains = [other.claim for other in others if other is not verdict and self.edited.is_right(other)]
        further = tuple(at for at in copies if at != cell)
        return Repair(cell, candidate, (verdict.claim, *explains), copies=further)

    def accept(self, repair: Repair) -> list[Claim]:
        """Take a slip as mended from now on."""
        formula = self.edited.formula(repair.explains[0], repair.cell)
        if formula is not None and not isinstance(formula, Part) and len(self._known) < MOST_KNOWN:
            self._known.append((repair, formula))
        self.edited.add(_changed(formula, repair.cell, repair.formula, repair.copies))
        return [*repair.explains]


def _changed(old: Node | None, cell: Place, new: Node, copies: Sequence[Place]) -> dict[Place, Node]:
    """A new formula for a cell, for the whole array of which it is an element, or for all copies of its old formula."""
    changed = {old.array if isinstance(old, Part) else cell: new}
    return changed | {at: shifted(new, *way(cell, at)) for at in copies}
