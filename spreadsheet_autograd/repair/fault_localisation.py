"""A slip in the forward pass: one formula whose change makes gradients right that look wrong, and none wrong.

The gradients of a wrong forward pass are right for the one that was meant. So each small change of a forward formula is
tried, with all that follows from it: the loss has other derivatives then, which claims are held against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from time import process_time
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.find.matches import claimed
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.graph.slopes import STEP
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Verdict
from spreadsheet_autograd.language.places import nearest, way
from spreadsheet_autograd.language.syntax import (
    Call,
    Cell,
    Part,
    pieces,
    shifted,
)
from spreadsheet_autograd.repair.edit import REFERENCE, Edit, Repair
from spreadsheet_autograd.repair.formula_edits import LOGARITHM, forward_edits

MOST_CELLS, MOST_COPIES, MOST_RIGHT, PROBES = 60, 2_000, 60, 2
SAME, ROUNDING = 1e-6, 1e-9


class ForwardRepair(NamedTuple):
    """A change of the forward pass, and what it mends."""

    repair: Repair
    breaks_pattern: bool
    """Whether the formula differs from its neighbours, reads a cell twice, or leaves one out that gradients read."""


def forward_repair(
    graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict], seconds: float
) -> ForwardRepair | None:
    """Find the change of one forward formula, or of it and its copies, that mends most of what is wrong.

    Args:
        graph: the workbook.
        states: the cells that hold parameters.
        verdicts: what was judged.
        seconds: how long may be looked.
    """
    wrong = [verdict for verdict in verdicts if verdict.kind == WRONG and verdict.points and verdict.loss]
    if not wrong:
        return None
    return _ForwardSearch(graph, states, verdicts, wrong, process_time() + seconds).best()


class _ForwardSearch:
    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict],
        wrong: Sequence[Verdict], end: float,
    ) -> None:  # fmt: skip
        self._graph, self._states, self._wrong, self._end = graph, states, wrong, end
        self._right = [verdict for verdict in verdicts if verdict.kind == RIGHT and verdict.loss]
        self._gradients = {verdict.claim.cell for verdict in verdicts}
        self._patterns = CopiedFormulas(graph)
        leading = {loss: graph.ancestors(loss, states) for loss in {verdict.loss for verdict in verdicts} if loss}
        self._leading = leading

    def best(self) -> ForwardRepair | None:
        found: list[tuple[tuple[int, ...], ForwardRepair]] = []
        probes = sorted(self._wrong, key=lambda verdict: len(self._leading[verdict.loss]))[:PROBES]  # type: ignore[index]
        for probe in probes:
            for rank, cell in enumerate(self._cells(probe)):
                copies = self._patterns.copies(cell)
                for number, candidate in enumerate(self._edits(cell, self._leading[probe.loss])):  # type: ignore[index]
                    if process_time() > self._end:
                        break
                    for group in ([cell], copies) if 1 < len(copies) <= MOST_COPIES else ([cell],):
                        explains = self._explained_by(probe, candidate, cell, group)
                        if explains:
                            first = min(group)  # a repair of several copies as it stands in the first of them
                            others = tuple(sorted({*group} - {first}))
                            repair = Repair(first, candidate.shifted(*way(cell, first)), explains, copies=others)
                            breaks = self._is_odd(cell, candidate)
                            key = (-len(explains), not breaks, len(group), candidate.rank, rank, number)
                            found.append((key, ForwardRepair(repair, breaks)))
                            if breaks and len(explains) == len(self._wrong):
                                return found[-1][1]
            if found:
                break
        return min(found, key=lambda each: each[0])[1] if found else None

    def _cells(self, probe: Verdict) -> list[Place]:
        """The forward formulas, those first that differ from their neighbours, then the nearest to the loss."""
        assert probe.loss
        others = [self._leading[verdict.loss] for verdict in self._wrong if verdict.loss]
        cells = [at for at in self._leading[probe.loss] if at[1] > 0 and at in self._graph.formulas]
        cells = [at for at in cells if at not in self._states and not isinstance(self._graph.formulas[at], Part)]
        shared = Counter(at for each in others for at in each)
        close = {at: k for k, at in enumerate(nearest(cells, probe.loss))}
        return sorted(cells, key=lambda at: (not self._patterns.breaks_pattern(at), -shared[at], close[at]))[
            :MOST_CELLS
        ]

    def _edits(self, cell: Place, forward: set[Place]) -> Iterator[Edit]:
        usual = self._patterns.pattern(cell)
        if usual is not None:
            yield Edit("copy", usual, 0)
        yield from forward_edits(self._graph, self._graph.formulas[cell], cell, forward, self._gradients)

    def _explained_by(
        self, probe: Verdict, candidate: Edit, cell: Place, group: Sequence[Place]
    ) -> tuple[Claim, ...]:  # fmt: skip
        """The wrong claims that a change makes right; none where it makes a right one wrong."""
        if any(at in self._gradients for at in self._graph.reads(candidate.formula)):
            return ()
        formulas = {at: shifted(candidate.formula, *way(cell, at)) for at in group}
        try:
            with self._graph.instead(formulas):
                if not self._is_right(probe, probe.points[:2]):
                    return ()
                explains = [
                    verdict.claim
                    for verdict in self._wrong
                    if verdict is probe or self._is_right(verdict, verdict.points[:2])
                ]
                near = [verdict for verdict in self._right if {*group} & self._leading[verdict.loss]]  # type: ignore[index]
                if any(not self._is_right(verdict, probe.points[:1]) for verdict in near[:MOST_RIGHT]):
                    return ()
                return tuple(explains)
        except (ExportError, RecursionError):  # circular
            return ()

    def _is_right(self, verdict: Verdict, points: Sequence[Point]) -> bool:
        loss, of = verdict.loss, self._graph.repeated(verdict.claim.of)
        assert loss
        is_informative = False
        for point in points:
            here = point.anew({})
            said, own = claimed(here, verdict.claim), here.number(of)
            if said is None or own is None:
                return False
            step = STEP * max(1.0, abs(own))
            low, high = (point.anew({of: own + by}).number(loss) for by in (-step, step))
            if low is None or high is None:
                return False
            slope = (high - low) / (2 * step)
            if abs(slope - said) > SAME * max(abs(slope), abs(said)) + ROUNDING * (1 + abs(high)) * 0.1:
                return False
            is_informative |= abs(said) > ROUNDING
        return is_informative or not verdict.value  # where all is 0, nothing is explained

    def _is_odd(self, cell: Place, candidate: Edit) -> bool:
        """Whether a formula looks wrong by itself."""
        if self._patterns.pattern(cell) is not None or candidate.kind == LOGARITHM:
            return True
        before = Counter(piece.place for piece in pieces(self._graph.formulas[cell]) if isinstance(piece, Cell))
        after = Counter(piece.place for piece in pieces(candidate.formula) if isinstance(piece, Cell))
        chooses = any(
            isinstance(piece, Call) and piece.name in ("IF", "MAX", "MIN") for piece in pieces(candidate.formula)
        )
        if (
            candidate.kind == REFERENCE
            and not chooses  # which reads what it asks for twice
            and after.keys() - before.keys()
            and max(before.values(), default=0) > max(after.values(), default=0)
        ):
            return True
        forward = set[Place]().union(*self._leading.values())
        return any(at in self._read_by_gradients and at not in forward for at in after - before)

    @cached_property
    def _read_by_gradients(self) -> set[Place]:
        formulas = [shown_formula(self._graph, verdict.claim) for verdict in self._wrong]
        reads = (self._graph.reads_of(node, self._states) for node in formulas if node is not None)
        return set[Place]().union(*reads)


def edits(patterns: CopiedFormulas, repairs: Mapping[Claim, Repair], claims: Sequence[Claim]) -> int:
    """How many changes explain some claims: copies with the same change count once, and each claim without any."""

    def change(repair: Repair) -> object:
        at = repair.like or repair.cell
        same = repair.edit.kind, repair.edit.new, patterns.form(at)
        return same if repair.edit.new is not None and same[2] is not None else at

    named = {change(repairs[claim]) for claim in claims if claim in repairs}
    return len(named) + sum(claim not in repairs for claim in claims)
