"""Check a sheet: find its loss, what claims to be the gradient of it, and what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from time import monotonic

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.claims import Claim, by_option, find_claims, shown_formula
from excel_export.spreadsheets.draws import Points
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels
from excel_export.spreadsheets.learning import Finding, learning_findings
from excel_export.spreadsheets.losses import candidates, choose_losses
from excel_export.spreadsheets.slips import Search, Slip
from excel_export.spreadsheets.slopes import Slopes
from excel_export.spreadsheets.updates import Update, find_updates
from excel_export.spreadsheets.verdicts import RIGHT, WRONG, Verdict, judged

MOST_OTHERS, SECONDS, ROUNDS = 60, 60, 4
"""How long slips are looked for."""


@dataclass
class Checked:
    """What was found in a sheet."""

    verdicts: list[Verdict] = field(default_factory=list)
    slips: dict[Claim, Slip] = field(default_factory=dict)
    learning: list[Finding] = field(default_factory=list)
    losses: list[Place] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)


def check(
    graph: SpreadsheetGraph,
    labels: Labels,
    loss: Place | None = None,
    claims: Sequence[Place] = (),
    of: Sequence[Place] = (),
) -> Checked:
    """Check a workbook.

    Args:
        graph: the workbook.
        labels: its headings.
        loss: the cell of the loss, where it is known.
        claims: the cells that claim to be gradients, where they are known.
        of: the cells by which they are the derivatives.
    """
    updates = find_updates(graph, labels)
    found = by_option([*claims], [*of]) if claims else find_claims(graph, labels, updates)
    states = _states(graph, updates)
    listed = candidates(graph, labels, found, states, loss)
    points = Points(graph, states, _leaves(graph, listed, states))
    chosen = choose_losses(graph, labels, found, points, listed)
    result = Checked(losses=[*dict.fromkeys(chosen.values())], updates=updates)
    points.plan(result.losses)
    points_of = _points_of(points, result.losses)
    slopes = Slopes(graph)
    for claim, cell in chosen.items():
        slopes.want(cell, [graph.origin(claim.of)])
    used = {update.cell for update in updates}
    for claim in found:
        if claim not in chosen and claim.cell not in used and _is_doubtful(graph, claim):
            continue  # a heading that looks like a gradient's, over what is none
        loss_of = chosen.get(claim)
        result.verdicts.append(judged(graph, points_of[loss_of] if loss_of else points, claim, loss_of, slopes))
    _search(graph, states, result)
    result.learning = learning_findings(graph, updates, {v.claim.cell: v.claim for v in result.verdicts})
    return result


def _states(graph: SpreadsheetGraph, updates: Sequence[Update]) -> set[Place]:
    """The cells that hold parameters: where a step ends and the next begins."""
    return {graph.origin(update.old) for update in updates} | {update.new for update in updates}


def _is_doubtful(graph: SpreadsheetGraph, claim: Claim) -> bool:
    return claim.by == "heading" or (claim.by == "block" and not graph.is_formula(claim.cell))


def _points_of(points: Points, losses: Sequence[Place]) -> dict[Place, Points]:
    """For each loss, choices of the numbers that it is made of, and of no others: a weight decay of 0 stays 0."""
    same: dict[frozenset[Place], Points] = {}
    found = {}
    for loss in losses:
        drawn = frozenset(_leaves(points.graph, [loss], points.states))
        found[loss] = same.setdefault(drawn, points.drawing(drawn))
    return found


def _leaves(graph: SpreadsheetGraph, losses: Sequence[Place], states: Collection[Place]) -> set[Place]:
    leading = graph.ancestors_of_all(losses, states)
    return {at for at in leading if at[1] > 0 and at not in graph.formulas and at not in states}


def _search(graph: SpreadsheetGraph, states: Collection[Place], result: Checked) -> None:
    """Look for the slips behind what is wrong, first where the least leads to the claim."""
    right = {verdict.claim.cell for verdict in result.verdicts if verdict.kind == RIGHT}
    search = Search(graph, states, right)
    wrong = [verdict for verdict in result.verdicts if verdict.kind == WRONG]
    sizes = {id(verdict): _size(graph, verdict, states) for verdict in wrong}
    waiting = sorted(wrong, key=lambda verdict: sizes[id(verdict)])
    end = monotonic() + SECONDS
    for _ in range(ROUNDS):  # what hides behind another slip is found once that is mended
        left: list[Verdict] = []
        for verdict in waiting:
            if verdict.claim in result.slips or monotonic() > end:
                continue
            behind = search.behind(verdict)
            if behind:
                result.slips[verdict.claim] = behind
                continue
            near_by = [other for other in waiting if other.claim not in result.slips]
            slip = search.find(verdict, near_by[:MOST_OTHERS])
            if slip is None:
                left.append(verdict)
                continue
            for claim in search.accept(slip):
                result.slips.setdefault(claim, slip)
            if not search.mended.is_right(verdict):  # one of several that must be mended together
                del result.slips[verdict.claim]
                left.append(verdict)
        if len(left) == len(waiting) and not search.has_new():
            break
        waiting = left
    for verdict in wrong:
        slip = result.slips.get(verdict.claim)
        if slip and is_typed(graph, slip):
            verdict.kind, verdict.remark = RIGHT, "a number that is typed into the formula"


def is_typed(graph: SpreadsheetGraph, slip: Slip) -> bool:
    """Whether the only thing that is wrong is a number that is typed again, where a cell holds it."""
    return slip.candidate.kind == "typed"


def _size(graph: SpreadsheetGraph, verdict: Verdict, states: Collection[Place]) -> int:
    formula = shown_formula(graph, verdict.claim)
    return 0 if formula is None else len(graph.reads_of(formula, states))
