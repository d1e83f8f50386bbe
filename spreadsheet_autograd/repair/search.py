"""Searches for the fewest and smallest edits, of formulas of either pass, that explain the wrong claims.

Suspects are the formulas from which a wrong claim or its loss is computed, alone and with all copies of them. Of the
edits that make the claim right, and nothing right wrong, the one that explains the most claims is accepted, and the
search goes on with the claims that are left.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from math import inf, nan
from time import process_time
from typing import NamedTuple

import numpy as np

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.functions.evaluation import function_of
from spreadsheet_autograd.functions.values import ValueGrid, as_float
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Verdict
from spreadsheet_autograd.language.places import moved, way
from spreadsheet_autograd.language.syntax import Node, Part, Range, shifted
from spreadsheet_autograd.repair.edit import Edit, Kind, Repair
from spreadsheet_autograd.repair.effects import Effects
from spreadsheet_autograd.repair.forward_edits import ForwardEdits
from spreadsheet_autograd.repair.grammar import edits
from spreadsheet_autograd.repair.solved_edits import solved_edits
from spreadsheet_autograd.repair.suspects import SuspectFormula, Suspects
from spreadsheet_autograd.repair.trial import Trial
from spreadsheet_autograd.repair.vocabulary import Vocabulary
from spreadsheet_autograd.repair.ways import Ways, as_edit

MOST_TRIED = 6_000
"""The most edits of a formula whose needed value is known: a trial computes one formula only."""
MOST_TRIED_WHOLE = 900
"""The most edits of any other formula: a trial computes all cells that depend on it."""
ENOUGH = 4
"""The number of edits that explain a claim after which a formula gets no further trials."""
MOST_OTHERS = 60
"""The most other wrong claims that an edit may explain."""
ROUNDS = 4
"""The number of passes through all wrong claims: behind a corrected mistake another one may appear."""
MOST_REPEATED = 50
"""The most repairs that are tried on copies of the formula."""
MOST_ODD = 8
"""The most formulas unlike their neighbours that are corrected together."""
CLOSE = 1e-7
"""The relative difference from the needed value up to which an edit counts as right."""
SMALLEST = 1e-6
"""The least size of a number for that comparison."""
_PLAIN = {Kind.SIGN, Kind.COPY, Kind.MEAN, Kind.LOGARITHM, Kind.EXCHANGED, Kind.TRANSPOSED, Kind.TYPED}
"""Edits that say more than a path through the graph does."""
SECONDS = 8
"""The processor time for one claim, in seconds."""
FOR_FORWARD = 0.2
"""The share of the whole time that is for the forward pass."""


class _Task(NamedTuple):
    verdict: Verdict
    others: Sequence[Verdict]
    """Further wrong claims: the more of them an edit corrects, the better."""
    words: Collection[Place]
    """The cells from which the loss is computed: formulas are likely to read these."""
    end: float
    """The processor time of this process at which to stop, in seconds."""


class _Candidate(NamedTuple):
    """An edit that explains a claim, with its rank: the lowest is the best."""

    rank: tuple[int | bool, ...]
    repair: Repair
    is_odd: bool
    """True if the formula looks wrong by itself, for instance if its neighbours have the corrected one."""


class Search:
    """Searches for repairs of wrong formulas, `repairs` or `find`; once a repair is accepted, it counts as made.

    Args:
        graph: the workbook.
        states: the parameters of all steps.
        verdicts: the verdicts on all claims.
        avoided: cells that no edit may read; () for none.
        ways: finds the path, from a parameter to the loss, by which a claim differs; None makes a new one.
        seconds: the processor time for the search.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict] = (),
        avoided: Collection[Place] = (), ways: Ways | None = None, seconds: float = inf,
    ) -> None:  # fmt: skip
        self._graph, self._states, self._avoided = graph, states, avoided
        self._wrong = [verdict for verdict in verdicts if verdict.kind == WRONG]
        self._right = [verdict for verdict in verdicts if verdict.kind == RIGHT and verdict.loss]
        self._gradients = {verdict.claim.cell for verdict in verdicts}
        self._ways = ways or Ways(graph, states)
        self.patterns = CopiedFormulas(graph)
        self.trial = Trial(graph, states)
        self._suspects = Suspects(graph, states, verdicts, self.patterns, self.trial)
        self._forward = ForwardEdits(graph, states, verdicts, self.patterns, self._suspects.leading)
        self._effects = Effects(self.trial, self.patterns, verdicts, graph.repeated)
        self._end, self._forward_left = process_time() + seconds, FOR_FORWARD * seconds
        self._first_of_kind: dict[object, Place] = {}
        """The cell in which each kind of path was found first."""
        self._repeated: list[tuple[Repair, Node]] = []
        """The accepted repairs with the formulas before: where formulas are copied, mistakes are too."""

    def repairs(self, doubtful: Collection[Verdict] = ()) -> dict[Claim, Repair]:
        """Return the repairs by the claims that they make right, {B6 by B3: Repair(B6, …)}; {} if none is found.

        Claims computed from the fewest cells come first. A repair must make at least one claim right that is not in
        `doubtful`.
        """
        found: dict[Claim, Repair] = {}
        unsure = {*doubtful}
        by_size = sorted(self._wrong, key=lambda verdict: (verdict in unsure, self._size(verdict)))
        left = {verdict.claim for verdict in by_size if verdict not in unsure}
        for _ in range(ROUNDS):  # a mistake behind another one is found once that is corrected
            before = len(found)
            in_vain: set[tuple[Node | Place, int]] = set()
            for verdict in by_size:
                cell = verdict.claim.cell
                known = {(self.patterns.form(cell) or self._graph.home(cell), len(self.trial.mended))}
                is_done = verdict.claim in found or not left or known & in_vain
                if is_done or process_time() > self._end:
                    continue
                others = [other for other in by_size if other.claim not in found and other is not verdict]
                repair = self.find(verdict, others[:MOST_OTHERS])
                if repair and left.isdisjoint(repair.explains):
                    repair = None
                in_vain |= set() if repair else known
                for each in self._in_each_copy(repair) if repair else ():
                    found |= {claim: each for claim in each.explains if claim not in found}
                    left.difference_update(each.explains)
                    self.accept(each)
            if len(found) == before:
                break
        return found

    def _size(self, verdict: Verdict) -> int:
        formula = shown_formula(self._graph, verdict.claim)
        return 0 if formula is None else len(self._graph.reads_of(formula, self._states))

    def find(
        self, verdict: Verdict, others: Sequence[Verdict], cells: Sequence[Place] = (), words: Collection[Place] = ()
    ) -> Repair | None:
        """Return the repair of a wrong claim, Repair(B6, …), and of as many others as possible; None if none is found.

        Args:
            verdict: the claim.
            others: further wrong claims.
            cells: the cells that may have the mistake; () for all from which the claim or its loss is computed.
            words: for a verdict without a loss, the cells that formulas are likely to read; else it is not used.
        """
        words = self._suspects.leading(verdict.loss) if verdict.loss else words
        if not verdict.points:
            return None
        repeated = self._repeats(_Task(verdict, others, words, inf))
        if repeated:
            return repeated
        for points, truths in verdict.tries or [(verdict.points, verdict.truths)]:
            verdict.points, verdict.truths = points, truths
            task = _Task(verdict, others, words, min(self._end, process_time() + SECONDS))
            best = self._best(task, cells)
            way = None if cells or (best and not self._is_doubtful(best, verdict)) else self._way(task)
            is_only_told = way is not None and way.formula == self.trial.formula(verdict.claim, way.cell)
            if way and best and is_only_told and best.repair.cell == way.cell:
                return replace(best.repair, edit=replace(way.edit, formula=best.repair.formula))
            if way or best:
                return way or (best and best.repair)
        return None if cells else self._one_of_several(_Task(verdict, (), words, inf))

    def _one_of_several(self, task: _Task) -> Repair | None:
        """Return the first of several formulas unlike their neighbours that explain a claim only together; or None."""
        claim, usual = task.verdict.claim, self.patterns.pattern
        odd = {
            at: node
            for at in self._suspects.cone(claim)
            if at not in self.trial.mended and (node := usual(at)) is not None
        }
        if not 1 < len(odd) <= MOST_ODD or not self._effects.explained(task.verdict, task.others, odd, as_beside=True):
            return None
        return Repair(min(odd), Edit(Kind.COPY, odd[min(odd)], 0), (claim,))

    def _is_doubtful(self, best: _Candidate, verdict: Verdict) -> bool:
        """Return whether a path through the graph is worth a search: the edit may fit by chance."""
        is_forward = verdict.loss is not None and best.repair.cell in self._suspects.leading(verdict.loss)
        edit = best.repair.edit
        is_plain = edit.kind in _PLAIN or isinstance(edit.old, Range)  # few ranges are tried
        is_own = best.repair.cell == verdict.claim.cell and not is_plain
        return not best.is_odd and (is_forward or is_own)

    def _way(self, task: _Task) -> Repair | None:
        """Return the path that a claim lacks, or has too much of, as a repair; None if there is none."""
        verdict = task.verdict
        way = self._ways.way_of(verdict)
        edit = way and as_edit(self._graph, verdict, way, self._gradients_of)
        if way is None or edit is None:
            return None
        cell, claim = verdict.claim.cell, verdict.claim
        explains: tuple[Claim, ...] = ()
        if edit.formula != self.trial.formula(claim, cell):
            explains = self._effects.explained_by(task.verdict, task.others, cell, edit.formula, [cell])
        if not explains:  # claims that depend on this one lack the same path
            edit = replace(edit, formula=self.trial.formula(claim, cell) or edit.formula)
            behind = self._graph.descendants(cell, self._states)
            same = (each for each in task.others if each.claim.cell in behind)
            explains = claim, *(each.claim for each in same if self._ways.way_of(each) == way)
        first = self._first_of_kind.setdefault((way.kind, self.patterns.form(cell) or cell), cell)
        return Repair(cell, edit, explains, original=None if first == cell else first)

    @cached_property
    def _gradients_of(self) -> dict[Place, list[Place]]:
        by_cell = grouped(self._right, lambda verdict: self._graph.repeated(verdict.claim.of))
        return {of: [verdict.claim.cell for verdict in verdicts] for of, verdicts in by_cell.items()}

    def _best(self, task: _Task, cells: Sequence[Place]) -> _Candidate | None:
        best, verdict = None, task.verdict
        for depth, suspect in enumerate(self._suspects.backward(verdict, task.words, cells)):
            if process_time() > task.end:
                break
            if suspect.needed or not best:  # else it stands for all copies of a formula that is no suspect alone
                best = self._better(task, suspect, depth, best)
            if best and best.repair.formula == self.patterns.pattern(best.repair.cell):
                return best
        if cells or not verdict.loss or self.trial.formula(verdict.claim, verdict.claim.cell) is None:
            return best
        begin = process_time()
        task = task._replace(end=min(self._end, begin + self._forward_left))
        for depth, suspect in enumerate(self._suspects.forward(verdict.loss, task.words)):
            explains_all = best is not None and len(best.repair.explains) == 1 + len(task.others)
            is_odd = best is not None and best.is_odd
            if process_time() > task.end or (explains_all and is_odd):
                break
            if not (explains_all or is_odd) or self._forward.may_be_odd(suspect.cell):
                best = self._better(task, suspect, depth, best)
        self._forward_left -= process_time() - begin
        return best

    def _better(self, task: _Task, suspect: SuspectFormula, depth: int, best: _Candidate | None) -> _Candidate | None:
        cell, copies = suspect.cell, suspect.copies
        groups = [copies] if len(copies) == 1 or not (suspect.needed or suspect.is_forward) else [(cell,), copies]
        usual, as_beside, count = self.patterns.expected(cell), False, 0
        leads_to_right = cell in self._suspects.behind_right and not suspect.is_forward
        for edit in self._edits(task, suspect):
            for group in groups:
                explains = self._effects.explained_by(task.verdict, task.others, cell, edit.formula, group)
                if not explains:
                    if suspect.needed:
                        break  # it is the only copy that leads to the claim
                    continue
                if suspect.is_forward and self._forward.cuts(
                    self._effects.changed(task.verdict.claim, cell, edit.formula, group)
                ):
                    continue
                count += 1
                as_beside |= edit.formula == usual
                is_odd = as_beside or (suspect.is_forward and self._forward.is_odd(cell, edit))
                if suspect.is_forward and not is_odd and best and best.is_odd:
                    continue
                rank = (-len(explains), not is_odd, suspect.is_forward, leads_to_right, len(group),
                        self.patterns.is_usual(cell), edit.rank, depth, count)  # fmt: skip
                if best is None or rank < best.rank:
                    first, *rest = sorted(group)  # report a mistake in several copies as it stands in the first of them
                    repair = Repair(first, edit.shifted(*way(cell, first)), explains, copies=tuple(rest))
                    best = _Candidate(rank, repair, is_odd)
            if (suspect.needed and count >= ENOUGH) or process_time() > task.end:
                break
        return best

    def _edits(self, task: _Task, suspect: SuspectFormula) -> Iterator[Edit]:
        """Yield the edits of a formula; if the value that it needs is known, only those that give it."""
        cell, formula = suspect.cell, self.trial.formula(task.verdict.claim, suspect.cell)
        usual = self.patterns.expected(cell)
        if usual is not None and usual != formula:
            yield Edit(Kind.COPY, usual, 3 if suspect.needed else 0)
        if formula is None:
            return
        part = formula if isinstance(formula, Part) else None
        home = part.array if part else cell
        if part:
            formula = self.trial.mended.get(home) or self._graph.formulas[home]
        words = Vocabulary(self._graph, formula, cell, task.words)
        own = self._graph.reads(formula)
        # It would depend on itself, or a forward pass on a gradient.
        banned = {*self._graph.descendants(home, self._states), *(at for at in self._avoided if at not in own)}
        banned |= {at for at in self._gradients if at not in own} if suspect.is_forward else set()
        wanted = np.array([number for _, number in suspect.needed])

        def values_of(node: Node) -> np.ndarray | None:
            found = [*self._numbers(node, suspect, part)]
            return None if None in found else np.array(found, dtype=float)

        def candidates(formula: Node = formula) -> Iterator[Edit]:
            yield from edits(formula, words, many=bool(suspect.needed))
            if suspect.needed:
                yield from solved_edits(formula, words, wanted, values_of, is_array=part is not None)

        for edit in islice(candidates(), MOST_TRIED if suspect.needed else MOST_TRIED_WHOLE):
            if banned.isdisjoint(self._graph.reads(edit.formula)):
                pairs = zip(self._numbers(edit.formula, suspect, part), wanted, strict=True) if suspect.needed else ()
                if all(number is not None and _is_close(number, goal) for number, goal in pairs):
                    yield edit

    def _numbers(self, node: Node, suspect: SuspectFormula, part: Part | None) -> Iterator[float | None]:
        """Yield the result of another formula of a cell at each sample point; for an array formula that of its part."""
        home = part.array if part else suspect.cell
        function = function_of(node, home, home in self._graph.arrays)
        reads = self._graph.reads(node)
        for point, _ in suspect.needed:
            for at in reads:
                point.number(at)
            value = function(self.trial.values(point).get)
            if isinstance(value, ValueGrid) and part:
                rows, cols = value.shape
                row, col = part.row if rows > 1 else 0, part.col if cols > 1 else 0
                value = value.rows[row][col] if row < rows and col < cols else None
            yield as_float(value)

    def _repeats(self, task: _Task) -> Repair | None:
        """Return an earlier repair for a copy of the formula that it corrected; None if there is none."""
        claim = task.verdict.claim
        for repair, formula in self._repeated:
            by = way(repair.explains[0].cell, claim.cell)
            cell = moved(repair.cell, *by)
            if cell[1] > 0 and self.trial.formula(claim, cell) == shifted(formula, *by):
                edit = repair.edit.shifted(*by)
                explains = self._effects.explained_by(task.verdict, task.others, cell, edit.formula, [cell])
                if explains:
                    return Repair(cell, edit, explains, original=repair.original or repair.cell)
        return None

    def _in_each_copy(self, repair: Repair) -> list[Repair]:
        """Return a mistake in several copies as one repair for each of them, if each claim depends on one copy only."""
        cells = {repair.cell, *repair.copies}
        leading = [
            self._suspects.leading(each.loss) for each in self._wrong if each.loss and each.claim in repair.explains
        ]
        if not repair.copies or any(not cells.isdisjoint(each) for each in leading):
            return [repair]
        of = {claim: [at for at in self._suspects.cone(claim) if at in cells] for claim in repair.explains}
        if any(len(each) != 1 for each in of.values()):
            return [repair]
        first = of[repair.explains[0]][0]
        groups = grouped(repair.explains, lambda claim: of[claim][0])
        return [
            Repair(
                at, repair.edit.shifted(*way(repair.cell, at)), tuple(claims), original=None if at == first else first
            )
            for at, claims in groups.items()
        ]

    def accept(self, repair: Repair) -> None:
        """Count a repair as made from now on: later trials compute with its formulas."""
        formula = self.trial.formula(repair.explains[0], repair.cell)
        changed = self._effects.changed(repair.explains[0], repair.cell, repair.formula, (repair.cell, *repair.copies))
        is_alone = not repair.copies and repair.original is None and not isinstance(formula, Part)
        if formula is not None and is_alone and len(self._repeated) < MOST_REPEATED:
            self._repeated.append((repair, formula))
        self.trial.mend(changed)
        behind = self.trial.behind(changed)
        for loss, verdicts in grouped(self._wrong, lambda verdict: verdict.loss).items():
            if loss in behind:
                self._derive_anew(loss, [each for each in verdicts if each.claim not in repair.explains])

    def _derive_anew(self, loss: Place, verdicts: Sequence[Verdict]) -> None:
        """Compute the derivatives for wrong claims anew, after their loss was corrected."""
        by = {verdict.claim: self._graph.repeated(verdict.claim.of) for verdict in verdicts}
        known: dict[Point, dict[Place, float]] = {}
        with self._graph.replacing(self.trial.mended):
            for verdict in verdicts:
                for points, truths in verdict.tries or [(verdict.points, verdict.truths)]:
                    for k, point in enumerate(points):
                        if point not in known:
                            known[point] = point.gradients(loss, {*by.values()}) or {}
                        truths[k] = known[point].get(by[verdict.claim], nan)
                verdict.as_saved = None


def _is_close(number: float, goal: float) -> bool:
    return abs(number - goal) <= CLOSE * max(abs(number), abs(goal), SMALLEST)
