"""Which slips explain all that is wrong in a sheet: in what order they are looked for, and for how long."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from time import process_time
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.find.matches import claimed
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Verdict
from spreadsheet_autograd.language.syntax import Node
from spreadsheet_autograd.repair.edit import Repair
from spreadsheet_autograd.repair.search import Search

MOST_OTHERS, ROUNDS = 60, 4


class Explanations(NamedTuple):
    """The verdicts, without those of headings that mean something else, and the slips behind what is wrong."""

    verdicts: list[Verdict]
    repairs: dict[Claim, Repair]

    @property
    def is_explained_by(self) -> int:
        """How many slips there are, and what has none."""
        named = {repair.cell for repair in self.repairs.values() if repair.like is None}
        unnamed = sum(verdict.kind == WRONG and verdict.claim not in self.repairs for verdict in self.verdicts)
        return len(named) + unnamed


def explain(
    graph: SpreadsheetGraph,
    states: Collection[Place],
    verdicts: list[Verdict],
    updates: Sequence[Update],
    seconds: float,
) -> Explanations:
    """Look for the slips behind what is wrong.

    A heading such as dz may mean the derivative by z, or by what goes into it. What it means is what needs fewer slips.

    Args:
        graph: the workbook.
        states: the cells that hold parameters.
        verdicts: what was judged.
        updates: the updates of the workbook.
        seconds: how long may be looked.
    """
    short = _short(graph, states, verdicts, updates)
    leading = [leads_to for leads_to in short.values() if leads_to]
    if any(all(other.kind != WRONG for other in leads_to) for leads_to in leading):
        verdicts = [verdict for verdict in verdicts if verdict not in short]
        short = {}
    end = process_time() + (seconds / 2 if leading else seconds)
    found = _explained(graph, states, verdicts, end)
    if not short or not leading or found.is_explained_by <= 1:
        return found
    other = _explained(graph, states, [verdict for verdict in verdicts if verdict not in short], end + seconds / 2)
    return other if other.is_explained_by < found.is_explained_by else found


def _short(
    graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict], updates: Sequence[Update]
) -> Mapping[Verdict, Sequence[Verdict]]:
    """The wrong claims with a heading such as dz, of cells that are computed; each with the claims that it leads to."""
    used = {update.cell for update in updates}
    as_said = {(verdict.claim.cell[0], verdict.claim.heading) for verdict in verdicts if verdict.kind == RIGHT}
    short = [
        verdict
        for verdict in verdicts
        if verdict.kind == WRONG and verdict.claim.is_short and verdict.claim.cell not in used
        and not _is_multiple(verdict)
        and (verdict.claim.cell[0], verdict.claim.heading) not in as_said
        and graph.is_formula(graph.repeated(verdict.claim.of)) and graph.repeated(verdict.claim.of) not in states
    ]  # fmt: skip
    others = {verdict.claim.cell: verdict for verdict in verdicts if verdict not in short}
    found = {}
    for verdict in short:
        behind = graph.descendants(verdict.claim.cell, states)
        found[verdict] = [others[at] for at in behind if at in others]
    return found


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


def _explained(graph: SpreadsheetGraph, states: Collection[Place], verdicts: list[Verdict], end: float) -> Explanations:
    """Look for slips, first where the least leads to the claim."""
    search = Search(graph, states, {verdict.claim.cell for verdict in verdicts if verdict.kind == RIGHT})
    repairs: dict[Claim, Repair] = {}
    wrong = [verdict for verdict in verdicts if verdict.kind == WRONG]
    sizes = {id(verdict): _size(graph, verdict, states) for verdict in wrong}
    waiting = sorted(wrong, key=lambda verdict: sizes[id(verdict)])
    for _ in range(ROUNDS):  # what hides behind another slip is found once that is mended
        left: list[Verdict] = []
        in_vain: set[tuple[Node, int]] = set()
        for verdict in waiting:
            if verdict.claim in repairs or process_time() > end:
                continue
            form = search.patterns.form(verdict.claim.cell)
            known = (form, len(search.edited.formulas)) if form is not None else None
            if known in in_vain:  # as for a copy of this formula
                left.append(verdict)
                continue
            near_by = [other for other in waiting if other.claim not in repairs]
            repair = search.find(verdict, near_by[:MOST_OTHERS])
            if repair is None:
                left.append(verdict)
                if known:
                    in_vain.add(known)
                continue
            for claim in search.accept(repair):
                repairs.setdefault(claim, repair)
        if len(left) == len(waiting):
            break
        waiting = left
    return Explanations(verdicts, repairs)


def _size(graph: SpreadsheetGraph, verdict: Verdict, states: Collection[Place]) -> int:
    formula = shown_formula(graph, verdict.claim)
    return 0 if formula is None else len(graph.reads_of(formula, states))
