"""The search for slips: which edits of which formulas, of either pass, explain what is wrong, the fewest and smallest.

Suspects are the formulas that lead to a wrong claim or to its loss, alone and with all copies of them. Of the edits
that make the claim right, and nothing wrong that is right, the one that explains most is taken as made, and the search
goes on with what is left.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from itertools import islice
from math import inf, nan
from random import Random
from time import process_time
from typing import NamedTuple

import numpy as np

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.advice import MORE_TIME_FOR_GRADIENTS
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.functions.evaluation import function_of
from spreadsheet_autograd.functions.values import Scalar, ValueGrid, as_float
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.verdicts import RIGHT, UNKNOWN, WRONG, Verdict
from spreadsheet_autograd.language.places import moved, nearest, way
from spreadsheet_autograd.language.syntax import Call, Cell, Node, Part, pieces, shifted
from spreadsheet_autograd.repair.edit import Edit, Kind, Repair
from spreadsheet_autograd.repair.grammar import edits
from spreadsheet_autograd.repair.solved_edits import solved_edits
from spreadsheet_autograd.repair.trial import Trial
from spreadsheet_autograd.repair.vocabulary import Vocabulary
from spreadsheet_autograd.repair.ways import Ways, as_edit
from spreadsheet_autograd.roles.matches import claimed

MOST_CELLS, MOST_FORWARD, MOST_COPIES = 40, 60, 3_000
"""How many cells are suspected of one claim, how many of the forward pass, and how many copies are tried together."""
MOST_TRIED, MOST_TRIED_WHOLE, ENOUGH = 6_000, 900, 4
"""How many edits of a formula are tried: where its own number tells, and where all behind it is computed."""
MOST_OTHERS, MOST_RIGHT, ROUNDS, MOST_REPEATED, MOST_ODD = 60, 60, 4, 50, 8
POINTS_OF_RIGHT, CLOSE, SMALLEST = 6, 1e-7, 1e-6
_PLAIN = {Kind.SIGN, Kind.COPY, Kind.MEAN, Kind.LOGARITHM, Kind.EXCHANGED, Kind.TRANSPOSED, Kind.TYPED}
"""Edits that say more than a way through the graph does."""
DRAWN = 2
"""How often numbers are drawn to see whether a formula depends on a cell: first all of them, then no typed ones."""
NO_TIME = f"no time to tell whether it is a part of it: {MORE_TIME_FOR_GRADIENTS}"
SECONDS, FOR_FORWARD = 8, 0.2
"""How long slips behind one claim are looked for; the share of all time that is for the forward pass."""


class _Suspect(NamedTuple):
    """A formula that may have the slip."""

    cell: Place
    copies: tuple[Place, ...]
    """The cells around it that hold copies of its formula; itself too."""
    needed: list[tuple[Point, float]]
    """The value that makes the claim right, by sample point; [] where that can't be told."""
    is_forward: bool = False


class _SearchFor(NamedTuple):
    """What is looked for."""

    verdict: Verdict
    others: Sequence[Verdict]
    """Further wrong claims: the more are mended, the better."""
    words: Collection[Place]
    """The cells that lead to the loss: what formulas are likely to read."""
    end: float
    """Until when, by the time of the processor."""


class _Candidate(NamedTuple):
    """An edit that explains something, and what it is ranked by."""

    rank: tuple[int | bool, ...]
    repair: Repair
    is_odd: bool
    """Whether the formula looks wrong by itself, as where its neighbours have what mends it."""


class Search:
    """Looks for repairs; those that were accepted are made already.

    Args:
        graph: the workbook.
        states: the cells that hold parameters.
        verdicts: what is known to be right, and what isn't.
        avoided: cells that no edit may read.
        ways: tells by which way through the graph a claim differs, where somebody has asked it already.
        seconds: how long may be looked.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict] = (),
        avoided: Collection[Place] = (), ways: Ways | None = None, seconds: float = inf,
    ) -> None:  # fmt: skip
        self._graph, self._states, self._avoided = graph, states, avoided
        self._wrong = [verdict for verdict in verdicts if verdict.kind == WRONG]
        self._right = [verdict for verdict in verdicts if verdict.kind == RIGHT and verdict.loss]
        self._gradients = {verdict.claim.cell for verdict in verdicts}
        right = {verdict.claim.cell for verdict in self._right}
        self._behind_right = graph.ancestors_of_all(right, states) if right else set[Place]()
        self._leading = cache(lambda at: graph.ancestors(at, states))
        self._ways = ways or Ways(graph, states)
        self.patterns = CopiedFormulas(graph)
        self.trial = Trial(graph, states)
        self._end, self._forward_left = process_time() + seconds, FOR_FORWARD * seconds
        self._in_vain: set[tuple[Place, int, bool]] = set()
        """Formulas that were tried whole: the first cell, how many were mended then, and at which kind of numbers."""
        self._told_first: dict[object, Place] = {}
        """Where each kind of way was told first."""
        self._known_near: dict[tuple[object, ...], list[tuple[Verdict, list[float]]]] = {}
        self._repeated: list[tuple[Repair, Node]] = []
        """What was found, with the formula as it stood there: where formulas are copied, slips are, too."""

    def repairs(self, doubtful: Collection[Verdict] = ()) -> dict[Claim, Repair]:
        """The slips behind what is wrong, first those of the claims that are made of least.

        Behind doubtful claims are looked for only those that explain others, too.
        """
        found: dict[Claim, Repair] = {}
        unsure = {*doubtful}
        by_size = sorted(self._wrong, key=lambda verdict: (verdict in unsure, self._size(verdict)))
        left = {verdict.claim for verdict in by_size if verdict not in unsure}
        for _ in range(ROUNDS):  # what hides behind another slip is found once that is mended
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
        """Find the edit that mends a wrong claim, and as many of the other wrong ones as may be.

        Args:
            verdict: the claim.
            others: further wrong claims.
            cells: where the slip may be; without them, in all that leads to the claim or to its loss.
            words: what formulas are likely to read, where there is no loss.
        """
        words = self._leading(verdict.loss) if verdict.loss else words
        if not verdict.points:
            return None
        repeated = self._repeats(_SearchFor(verdict, others, words, inf))
        if repeated:
            return repeated
        for points, truths in verdict.tries or [(verdict.points, verdict.truths)]:
            verdict.points, verdict.truths = points, truths
            asked = _SearchFor(verdict, others, words, min(self._end, process_time() + SECONDS))
            best = self._best(asked, cells)
            way = None if cells or (best and not self._is_doubtful(best, verdict)) else self._way(asked)
            is_only_told = way is not None and way.formula == self.trial.formula(verdict.claim, way.cell)
            if way and best and is_only_told and best.repair.cell == way.cell:
                return replace(best.repair, edit=replace(way.edit, formula=best.repair.formula))
            if way or best:
                return way or (best and best.repair)
        return None if cells else self._one_of_several(_SearchFor(verdict, (), words, inf))

    def _one_of_several(self, asked: _SearchFor) -> Repair | None:
        """The first of several formulas that are no copies of their neighbours, and explain a claim only together."""
        claim, usual = asked.verdict.claim, self.patterns.pattern
        odd = {at: node for at in self._cone(claim) if at not in self.trial.mended and (node := usual(at)) is not None}
        if not 1 < len(odd) <= MOST_ODD or not self._explained(asked, odd, as_beside=True):
            return None
        return Repair(min(odd), Edit(Kind.COPY, odd[min(odd)], 0), (claim,))

    def _is_doubtful(self, best: _Candidate, verdict: Verdict) -> bool:
        """Whether a way through the graph says more: an edit of the claim, or of the forward pass, may only fit."""
        is_forward = verdict.loss is not None and best.repair.cell in self._leading(verdict.loss)
        is_own = best.repair.cell == verdict.claim.cell and best.repair.edit.kind not in _PLAIN
        return not best.is_odd and (is_forward or is_own)

    def _way(self, asked: _SearchFor) -> Repair | None:
        """The way through the graph that a claim lacks, or has too much of."""
        verdict = asked.verdict
        way = self._ways.way_of(verdict)
        edit = way and as_edit(self._graph, verdict, way, self._gradients_of)
        if way is None or edit is None:
            return None
        cell, claim = verdict.claim.cell, verdict.claim
        explains: tuple[Claim, ...] = ()
        if edit.formula != self.trial.formula(claim, cell):
            explains = self._explained_by(asked, _Suspect(cell, (cell,), []), edit.formula, [cell])
        if not explains:  # what follows from the claim lacks the same
            edit = replace(edit, formula=self.trial.formula(claim, cell) or edit.formula)
            behind = self._graph.descendants(cell, self._states)
            same = (each for each in asked.others if each.claim.cell in behind)
            explains = claim, *(each.claim for each in same if self._ways.way_of(each) == way)
        first = self._told_first.setdefault((way.kind, self.patterns.form(cell) or cell), cell)
        return Repair(cell, edit, explains, like=None if first == cell else first)

    @cached_property
    def _gradients_of(self) -> dict[Place, list[Place]]:
        """By a cell, the right claims of its gradient."""
        by_cell = grouped(self._right, lambda verdict: self._graph.repeated(verdict.claim.of))
        return {of: [verdict.claim.cell for verdict in verdicts] for of, verdicts in by_cell.items()}

    def _best(self, asked: _SearchFor, cells: Sequence[Place]) -> _Candidate | None:
        best, verdict = None, asked.verdict
        for depth, suspect in enumerate(self._backward(asked, cells)):
            if process_time() > asked.end:
                break
            if suspect.needed or not best:  # else all copies of a formula that is no suspect alone
                best = self._better(asked, suspect, depth, best)
            if best and best.repair.formula == self.patterns.pattern(best.repair.cell):
                return best
        if cells or not verdict.loss or self.trial.formula(verdict.claim, verdict.claim.cell) is None:
            return best
        begin = process_time()
        asked = asked._replace(end=min(self._end, begin + self._forward_left))
        for depth, suspect in enumerate(self._forward(verdict.loss, asked.words)):
            explains_all = best is not None and len(best.repair.explains) == 1 + len(asked.others)
            is_odd = best is not None and best.is_odd
            if process_time() > asked.end or (explains_all and is_odd):
                break
            if not (explains_all or is_odd) or self._may_be_odd(suspect.cell):
                best = self._better(asked, suspect, depth, best)
        self._forward_left -= process_time() - begin
        return best

    def _backward(self, asked: _SearchFor, cells: Sequence[Place]) -> Iterator[_Suspect]:
        """Yield what leads to a claim and not to its loss: formulas by themselves, then all copies of each."""
        verdict = asked.verdict
        cone = self._cone(verdict.claim)
        spared = {each.claim.cell for each in self._right}.union(asked.words) - {verdict.claim.cell}
        own = self.patterns.in_order(cells or [at for at in cone if at not in spared])
        done: set[Place] = set()
        for cell in own[:MOST_CELLS]:
            needed = self.trial.needed(verdict, cell)
            if needed:
                copies = self._copies(cell)
                is_only_one = {*copies} & {*cone} == {cell}
                yield _Suspect(cell, copies if is_only_one else (cell,), needed)
                is_whole = is_only_one and not isinstance(self._graph.formulas.get(cell), Part)
                done |= {copies[0]} if is_whole else set()
        for cell in own:
            is_array = isinstance(self._graph.formulas.get(cell), Part)
            copies = (self._graph.first_cell(cell),) if is_array else self._copies(cell)
            key = copies[0], len(self.trial.mended), any(verdict.points is points for points, _ in verdict.tries[1:])
            if (is_array or len(copies) > 1) and copies[0] not in done and key not in self._in_vain:
                done.add(copies[0])
                self._in_vain.add(key)
                if not self._behind_right.issuperset(copies):
                    yield _Suspect(copies[0] if is_array else cell, copies, [])

    def _forward(self, loss: Place, leading: Collection[Place]) -> Iterator[_Suspect]:
        """Yield what leads to a loss: first what differs from its neighbours, then what most wrong claims follow."""
        cells = [at for at in leading if at[1] > 0 and at in self._graph.formulas and at not in self._states]
        shared = Counter(at for each in self._wrong if each.loss for at in self._leading(each.loss))
        close = {at: k for k, at in enumerate(nearest(cells, loss))}
        order = sorted(cells, key=lambda at: (not self.patterns.breaks_pattern(at), -shared[at], close[at]))
        for cell in order[:MOST_FORWARD]:
            if not isinstance(self._graph.formulas[cell], Part):
                yield _Suspect(cell, self._copies(cell), [], is_forward=True)

    def _copies(self, cell: Place) -> tuple[Place, ...]:
        copies = tuple(self.patterns.copies(cell))
        return copies if len(copies) <= MOST_COPIES else (cell,)

    def _cone(self, claim: Claim) -> list[Place]:
        """A claim's cell and the formulas that lead to it in the sheet as it was, the nearest first."""
        seen, todo = {claim.cell: None}, [self.trial.formula(claim, claim.cell)]
        for node in todo:
            for at in self._graph.cells_read(node) if node is not None else ():
                if at not in seen and at not in self._states:
                    seen[at] = None
                    todo.append(self._graph.formulas.get(at))
        return [at for at in seen if at == claim.cell or at in self._graph.formulas]

    def _better(self, asked: _SearchFor, suspect: _Suspect, depth: int, best: _Candidate | None) -> _Candidate | None:
        """The best edit of a formula, where it is better than what was found before."""
        cell, copies = suspect.cell, suspect.copies
        groups = [copies] if len(copies) == 1 or not (suspect.needed or suspect.is_forward) else [(cell,), copies]
        usual, as_beside, count = self.patterns.expected(cell), False, 0
        leads_to_right = cell in self._behind_right and not suspect.is_forward
        for edit in self._edits(asked, suspect):
            for group in groups:
                explains = self._explained_by(asked, suspect, edit.formula, group)
                if not explains:
                    if suspect.needed:
                        break  # it is the only copy that leads to the claim
                    continue
                if suspect.is_forward and self._cuts(self._changed(asked.verdict.claim, cell, edit.formula, group)):
                    continue
                count += 1
                as_beside |= edit.formula == usual
                is_odd = as_beside or (suspect.is_forward and self._is_odd(cell, edit))
                if suspect.is_forward and not is_odd and best and best.is_odd:
                    continue
                rank = (-len(explains), not is_odd, suspect.is_forward, leads_to_right, len(group),
                        self.patterns.is_usual(cell), edit.rank, depth, count)  # fmt: skip
                if best is None or rank < best.rank:
                    first, *rest = sorted(group)  # a slip in several copies is told as it stands in the first of them
                    repair = Repair(first, edit.shifted(*way(cell, first)), explains, copies=tuple(rest))
                    best = _Candidate(rank, repair, is_odd)
            if (suspect.needed and count >= ENOUGH) or process_time() > asked.end:
                break
        return best

    def _edits(self, asked: _SearchFor, suspect: _Suspect) -> Iterator[Edit]:
        """Yield the edits of a formula; where it is known what it must give, those that give it."""
        cell, formula = suspect.cell, self.trial.formula(asked.verdict.claim, suspect.cell)
        usual = self.patterns.expected(cell)
        if usual is not None and usual != formula:
            yield Edit(Kind.COPY, usual, 3 if suspect.needed else 0)
        if formula is None:
            return
        part = formula if isinstance(formula, Part) else None
        home = part.array if part else cell
        if part:
            formula = self.trial.mended.get(home) or self._graph.formulas[home]
        words = Vocabulary(self._graph, formula, cell, asked.words)
        own = self._graph.reads(formula)
        # It would depend on itself, or a forward pass on a gradient.
        banned = {*self._graph.descendants(home, self._states), *(at for at in self._avoided if at not in own)}
        banned |= {at for at in self._gradients if at not in own} if suspect.is_forward else set()
        wanted = np.array([number for _, number in suspect.needed])

        def values_of(node: Node) -> np.ndarray | None:
            found = [*self._numbers(node, suspect, part)]
            return None if None in found else np.array(found, dtype=float)

        def tried(formula: Node = formula) -> Iterator[Edit]:
            yield from edits(formula, words, many=bool(suspect.needed))
            if suspect.needed:
                yield from solved_edits(formula, words, wanted, values_of, is_array=part is not None)

        for edit in islice(tried(), MOST_TRIED if suspect.needed else MOST_TRIED_WHOLE):
            if banned.isdisjoint(self._graph.reads(edit.formula)):
                pairs = zip(self._numbers(edit.formula, suspect, part), wanted, strict=True) if suspect.needed else ()
                if all(number is not None and _is_close(number, goal) for number, goal in pairs):
                    yield edit

    def _cuts(self, changed: Mapping[Place, Node]) -> bool:
        """Whether formulas of the forward pass follow fewer parameters: so gradients are right more easily."""

        def follows(at: Place, node: Node) -> int:
            read = self._behind_states.intersection(self._graph.cells_read(node))
            followed = [by for by in read if self._depends(node, at, by)]
            return len(self._graph.ancestors_of_all(followed, self._states).intersection(self._states))

        return any(follows(at, node) < follows(at, self._graph.formulas[at]) for at, node in changed.items())

    def _depends(self, node: Node, at: Place, by: Place) -> bool:
        """Whether a formula gives other numbers if a cell that it reads has others."""
        for seed in range(DRAWN):
            random = Random(f"{seed} {at}")
            values: dict[Place, Scalar] = {cell: random.uniform(0.2, 1.8) for cell in self._graph.cells_read(node)}
            values |= {
                cell: self._graph.numbers.get(cell) for cell in values if cell not in self._behind_states and seed
            }
            low, high = (as_float(self._graph.value(node, {**values, by: x}, at)) for x in (0.3, 1.7))
            if low != high:
                return True
        return False

    @cached_property
    def _behind_states(self) -> set[Place]:
        return self._graph.descendants_of_all(self._states)

    def _numbers(self, node: Node, suspect: _Suspect, part: Part | None) -> Iterator[float | None]:
        """What another formula of a cell gives at sample points; of an array formula, its part."""
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

    def _explained_by(
        self, asked: _SearchFor, suspect: _Suspect, formula: Node, group: Sequence[Place]
    ) -> tuple[Claim, ...]:  # fmt: skip
        """The wrong claims that an edit makes right; none where it makes a right one wrong."""
        changed = self._changed(asked.verdict.claim, suspect.cell, formula, group)
        return self._explained(asked, changed, as_beside=formula == self.patterns.expected(suspect.cell))

    def _explained(self, asked: _SearchFor, changed: Mapping[Place, Node], *, as_beside: bool) -> tuple[Claim, ...]:
        """The wrong claims that other formulas make right; `as_beside` is whether their neighbours have these."""
        verdict, points = asked.verdict, asked.verdict.points[:POINTS_OF_RIGHT]
        try:
            with self.trial.of(changed):
                if not self.trial.is_right(verdict, where_tried=True, is_known=as_beside):
                    return ()
            before = self._right_near(changed, points)
            with self.trial.of(changed):
                for right, values in before:
                    is_right = self.trial.is_right_at(right, points, values, is_known=True)
                    if not is_right and not self._is_of(verdict.loss, right, points):
                        return ()
                explains = [other.claim for other in asked.others if self.trial.is_right(other)]
        except (ExportError, RecursionError):  # circular
            return ()
        return verdict.claim, *explains

    def _is_of(self, loss: Place | None, verdict: Verdict, points: Sequence[Point]) -> bool:
        """Whether a claim is the derivative of another loss now: without its 1/n it was that of an example's loss."""
        if loss in (None, verdict.loss):
            return False
        by = self._graph.repeated(verdict.claim.of)
        truths = [(point.gradients(loss, {by}) or {}).get(by, nan) for point in points]
        return self.trial.is_right_at(replace(verdict, loss=loss), points, truths)

    def _right_near(self, changed: Mapping[Place, Node], points: Sequence[Point]) -> list[tuple[Verdict, list[float]]]:
        """The right claims that follow from some formulas, or whose loss does, each with what it gives so far."""
        key = (*changed, len(self.trial.mended), *points)
        if key not in self._known_near:
            behind = self.trial.behind(changed)
            near = [each for each in self._right if each.claim.cell in behind or each.loss in behind][:MOST_RIGHT]
            with self.trial.of({}):
                numbers = [(each, [self.trial.number(each.claim, point) for point in points]) for each in near]
            # Numbers that a claim isn't for are no reason to keep a formula.
            kept = [(each, [x for x in values if x is not None]) for each, values in numbers if None not in values]
            self._known_near = {key: kept}
        return self._known_near[key]

    def _changed(self, claim: Claim, cell: Place, new: Node, group: Iterable[Place]) -> dict[Place, Node]:
        """A new formula for a cell, for the whole array of which it is an element, or for copies of its old formula."""
        old = self.trial.formula(claim, cell)
        if isinstance(old, Part):
            return {old.array: new}
        return {at: shifted(new, *way(cell, at)) for at in group}

    def _is_odd(self, cell: Place, edit: Edit) -> bool:
        """Whether a forward formula looks wrong by itself: it reads a cell twice, or not one that gradients read."""
        if edit.kind == Kind.LOGARITHM:
            return True
        before, after = _counts(self._graph.formulas[cell]), _counts(edit.formula)
        new = after.keys() - before.keys()
        names = {piece.name for piece in pieces(edit.formula) if isinstance(piece, Call)}
        chooses = names & {"IF", "MAX", "MIN"}  # which reads what it asks for twice
        is_once = max(before.values(), default=0) > max(after.values(), default=0)
        if edit.kind == Kind.REFERENCE and not chooses and new and is_once:
            return True
        return any(not self._only_gradients_read.isdisjoint(self._leading(at)) for at in new)

    def _may_be_odd(self, cell: Place) -> bool:
        counts = _counts(self._graph.formulas[cell])
        logarithms = (piece for piece in pieces(self._graph.formulas[cell]) if isinstance(piece, Call))
        return (
            self.patterns.breaks_pattern(cell) or max(counts.values(), default=0) > 1 or bool(self._only_gradients_read)
            or any(piece.name in ("LOG", "LOG10") for piece in logarithms)
        )  # fmt: skip

    @cached_property
    def _only_gradients_read(self) -> set[Place]:
        """What wrong gradients are made of, and no loss is."""
        formulas = [shown_formula(self._graph, verdict.claim) for verdict in self._wrong]
        read = set[Place]().union(*(self._graph.reads_of(node, self._states) for node in formulas if node is not None))
        return read.difference(*(self._leading(each.loss) for each in (*self._wrong, *self._right) if each.loss))

    def _repeats(self, asked: _SearchFor) -> Repair | None:
        """Find the slip of an earlier repair in a formula that is a copy of the one that had it."""
        claim = asked.verdict.claim
        for repair, formula in self._repeated:
            by = way(repair.explains[0].cell, claim.cell)
            cell = moved(repair.cell, *by)
            if cell[1] > 0 and self.trial.formula(claim, cell) == shifted(formula, *by):
                edit = repair.edit.shifted(*by)
                explains = self._explained_by(asked, _Suspect(cell, (cell,), []), edit.formula, [cell])
                if explains:
                    return Repair(cell, edit, explains, like=repair.like or repair.cell)
        return None

    def _in_each_copy(self, repair: Repair) -> list[Repair]:
        """A slip of several copies as one slip in each of them, where each claim has one of its own."""
        cells = {repair.cell, *repair.copies}
        leading = [self._leading(each.loss) for each in self._wrong if each.loss and each.claim in repair.explains]
        if not repair.copies or any(not cells.isdisjoint(each) for each in leading):
            return [repair]
        of = {claim: [at for at in self._cone(claim) if at in cells] for claim in repair.explains}
        if any(len(each) != 1 for each in of.values()):
            return [repair]
        first = of[repair.explains[0]][0]
        groups = grouped(repair.explains, lambda claim: of[claim][0])
        return [
            Repair(at, repair.edit.shifted(*way(repair.cell, at)), tuple(claims), like=None if at == first else first)
            for at, claims in groups.items()
        ]

    def accept(self, repair: Repair) -> None:
        """Take a slip as mended from now on."""
        formula = self.trial.formula(repair.explains[0], repair.cell)
        changed = self._changed(repair.explains[0], repair.cell, repair.formula, (repair.cell, *repair.copies))
        is_alone = not repair.copies and repair.like is None and not isinstance(formula, Part)
        if formula is not None and is_alone and len(self._repeated) < MOST_REPEATED:
            self._repeated.append((repair, formula))
        self.trial.mend(changed)
        behind = self.trial.behind(changed)
        for loss, verdicts in grouped(self._wrong, lambda verdict: verdict.loss).items():
            if loss in behind:
                self._derive_anew(loss, [each for each in verdicts if each.claim not in repair.explains])

    def _derive_anew(self, loss: Place, verdicts: Sequence[Verdict]) -> None:
        """Hold wrong claims against the derivatives of a loss that was mended."""
        by = {verdict.claim: self._graph.repeated(verdict.claim.of) for verdict in verdicts}
        known: dict[Point, dict[Place, float]] = {}
        with self._graph.instead(self.trial.mended):
            for verdict in verdicts:
                for points, truths in verdict.tries or [(verdict.points, verdict.truths)]:
                    for k, point in enumerate(points):
                        if point not in known:
                            known[point] = point.gradients(loss, {*by.values()}) or {}
                        truths[k] = known[point].get(by[verdict.claim], nan)
                verdict.own = None


def _is_close(number: float, goal: float) -> bool:
    return abs(number - goal) <= CLOSE * max(abs(number), abs(goal), SMALLEST)


def _counts(formula: Node) -> Counter[Place]:
    """How often a formula reads each cell by itself."""
    return Counter(piece.place for piece in pieces(formula) if isinstance(piece, Cell))


def explain(
    graph: SpreadsheetGraph,
    states: Collection[Place],
    verdicts: Sequence[Verdict],
    updates: Sequence[Update],
    seconds: float,
) -> tuple[list[Verdict], dict[Claim, Repair]]:
    """Look for the slips behind what is wrong, and leave out the headings that mean something else.

    A heading such as dz may mean the derivative by z, or by what goes into it. So it counts as wrong only where what it
    leads to is wrong as well, and one slip explains both.

    Args:
        graph: the workbook.
        states: the cells that hold parameters.
        verdicts: what was judged.
        updates: the updates of the workbook.
        seconds: how long may be looked.
    """
    end = process_time() + seconds
    short = _doubtful(graph, states, verdicts, updates)
    ways = Ways(graph, states)
    for verdict in _parts(graph, states, verdicts):
        if process_time() >= end:
            verdict.kind, verdict.remark = UNKNOWN, NO_TIME
            continue
        way = ways.way_of(verdict)
        if way and way.kind == Kind.WAY_ALONE:
            verdict.kind, verdict.remark = RIGHT, "a part of it, which the whole adds up"
    repairs = Search(graph, states, verdicts, ways=ways, seconds=end - process_time()).repairs(short)
    at = {repair.cell: repair for repair in repairs.values()}
    for verdict in verdicts:
        if verdict.kind == WRONG and verdict.claim not in repairs and verdict.claim.cell in at:
            repairs[verdict.claim] = at[verdict.claim.cell]  # a part, of which the whole says what it must be
    return [verdict for verdict in verdicts if verdict not in short or verdict.claim in repairs], repairs


def _parts(graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Yield the wrong claims that lead to another one of the same cell, as that of one example to the sum over all."""
    wholes = grouped(verdicts, lambda verdict: graph.repeated(verdict.claim.of))
    for verdict in verdicts:
        if verdict.kind == WRONG:
            cell = verdict.claim.cell
            behind = graph.descendants(cell, states) - {cell}
            if any(each.claim.cell in behind for each in wholes[graph.repeated(verdict.claim.of)]):
                yield verdict


def _doubtful(
    graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict], updates: Sequence[Update]
) -> list[Verdict]:
    """The wrong claims with a heading such as dz, of cells that are computed, where some lead to other claims."""
    used = {update.cell for update in updates}
    as_said = {(verdict.claim.cell[0], verdict.claim.heading) for verdict in verdicts if verdict.kind == RIGHT}
    found = [
        verdict
        for verdict in verdicts
        if verdict.kind == WRONG and verdict.claim.is_short and verdict.claim.cell not in used
        and not _is_multiple(verdict)
        and (verdict.claim.cell[0], verdict.claim.heading) not in as_said
        and graph.is_formula(graph.repeated(verdict.claim.of)) and graph.repeated(verdict.claim.of) not in states
    ]  # fmt: skip
    firm = {verdict.claim.cell for verdict in verdicts if verdict not in found}
    lead = (graph.descendants(verdict.claim.cell, states) for verdict in found)
    return found if not all(map(firm.isdisjoint, lead)) else []


def _is_multiple(verdict: Verdict) -> bool:
    """Whether a claim is the same multiple of the derivative everywhere: a wrong sign or factor, no other meaning."""
    for points, truths in verdict.tries:
        pairs = [
            (number, truth)
            for point, truth in zip(points, truths, strict=True)
            if truth and (number := claimed(point, verdict.claim)) is not None
        ]
        if pairs and all(nearly_equal(number * pairs[0][1], truth * pairs[0][0]) for number, truth in pairs):
            return True
    return False
