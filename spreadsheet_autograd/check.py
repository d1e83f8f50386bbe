"""Checks a sheet: finds its loss and its gradients, and the mistakes in them."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import process_time

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim, find_claims, named_after_nothing
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import Update, find_updates
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import Slopes
from spreadsheet_autograd.graph.smooth import are_smooth
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.copied_steps import shape_of_step
from spreadsheet_autograd.judge.headings_alone import leave_headings_alone
from spreadsheet_autograd.judge.inner_derivatives import verdicts_by_pieces
from spreadsheet_autograd.judge.learning import learning_findings
from spreadsheet_autograd.judge.optimizer_steps import OptimizerStep, optimizer_steps
from spreadsheet_autograd.judge.usual_updates import Finding
from spreadsheet_autograd.judge.verdicts import RIGHT, UNKNOWN, WRONG, Verdict, verdict_on
from spreadsheet_autograd.language.places import along, step_to
from spreadsheet_autograd.repair.edit import Kind, Repair
from spreadsheet_autograd.repair.explain import explain
from spreadsheet_autograd.roles.by_derivative import claims_by_derivative, losses_of_sheet
from spreadsheet_autograd.roles.directions import gradients_behind
from spreadsheet_autograd.roles.losses_of_claims import candidates, choose_losses
from spreadsheet_autograd.roles.matches import number_of_claim

SECONDS = 60
"""The most processor time for the search for repairs, in seconds."""
SECONDS_OF_SMALL = 20
"""The most processor time for that search in a small sheet, in seconds."""
FORMULAS_A_SECOND = 100
"""The number of formulas for which the search may take a second longer."""
FEW_POINTS = 4
"""The number of choices of numbers at which a claim is compared with the derivatives by all typed numbers."""
FOR_SMOOTH = 6
"""The number of choices at which a claim must be right if it and its loss are smooth."""
FOR_CHOOSING = 0.3
"""The share of the time of a check after which no further loss is chosen."""
FOR_JUDGING = 0.6
"""The share of the time after which no further claim is judged."""
FOR_REPAIRS = 0.25
"""The share of the time that the search for repairs may take."""


@dataclass
class Checked:
    """The result of a check: the verdicts on gradients, repairs of wrong ones, and mistakes in updates.

    The examples below are of a sheet with the loss B5 `=(B4-B2)^2` and, as its gradient by B3, B6 `=(B4-B2)*B1` in
    place of `=2*(B4-B2)*B1`. A claim is a cell that a heading or an update calls a gradient.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    """The verdict on each claim: [Verdict(B6 by B3, B5, 'wrong', value=2.0, truth=4.0)]; [] if nothing claims to be a
    gradient."""
    repairs: dict[Claim, Repair] = field(default_factory=dict)
    """The repairs of wrong claims: {B6 by B3: Repair(B6, Edit(Kind.FACTOR, (B4-B2)*B1*2, 1, …), …)}."""
    learning: list[Finding] = field(default_factory=list)
    """The mistakes in updates: [Finding(B8, 'sign', 'adds S!B6: …')] for B8 `=B3+B7*B6`."""
    losses: list[Place] = field(default_factory=list)
    """The cells that the claims are derivatives of: [B5]."""
    updates: list[Update] = field(default_factory=list)
    """The formulas w − rate · gradient: [Update(B8, B3, …)]."""
    left_out: dict[Place, str] = field(default_factory=dict)
    """The cells that can't be computed and matter here, each with the reason, a phrase: {B4: '…'}; {} if there are
    none."""
    too_late: list[Claim] = field(default_factory=list)
    """The claims for which there was no time."""


def check(
    graph: SpreadsheetGraph,
    labels: Labels,
    loss: Place | None = None,
    claims: Sequence[Place] = (),
    of: Sequence[Place] = (),
    seconds: float = inf,
) -> Checked:
    """Check a workbook: find its gradients, judge them, and search for repairs of wrong ones.

    For B5 `=(B4-B2)^2` and B6 `=(B4-B2)*B1`, called ∂E/∂w, the verdict is 'wrong', and a repair multiplies B6 by 2.

    Args:
        graph: the workbook.
        labels: its headings.
        loss: the cell of the loss, ('S', 5, 2) for B5; None to find it.
        claims: the cells to be judged as gradients, [('S', 6, 2)]; () to find them.
        of: the cell by which each of these is the derivative, [('S', 3, 2)], as many as `claims`.
        seconds: the processor time of this process at which to stop; claims that are left then are in `too_late`.
    """
    updates = find_updates(graph, labels)
    named = [Claim(cell, place, "option") for cell, place in zip(claims, of, strict=True)]
    found = headed = named or find_claims(graph, labels, updates)
    alternatives, rivals, changes = _other_meanings(graph, found, updates)
    states = _states(graph, updates, [*found, *alternatives.values()])
    listed = candidates(graph, labels, [*found, *alternatives.values()], states, loss)
    points = Points(graph, states, _leaves(graph, listed, states))
    chosen, late = choose_losses(
        graph, labels, found, points, listed, FOR_CHOOSING * seconds, alternatives, rivals, changes
    )
    found = [
        alternatives[claim] if alternatives.get(claim) in chosen else claim for claim in found if claim not in late
    ]
    unsure = rivals.keys() | changes
    found = [claim for claim in found if claim in chosen or (claim not in unsure and claim.by != "symbol")]
    if not (named or loss or late):
        losses = losses_of_sheet(graph, labels, points, chosen.values())
        further = claims_by_derivative(labels, points.sampling(_leaves(graph, losses, states)), found, losses)
        if further:  # the new parameters are drawn like parameters, also below 0
            chosen, found = chosen | further, [*found, *further]
            states = _states(graph, updates, found)
            points = Points(graph, states, _leaves(graph, [*{*listed, *chosen.values()}], states))
    result = Checked(losses=[*dict.fromkeys(chosen.values())], updates=updates, too_late=[*late])
    used = {update.cell for update in updates}

    def is_clear(claim: Claim) -> bool:  # a heading may look like that of a gradient and be none
        is_block = claim.by == "block" and claim.of[0] == claim.cell[0] and graph.is_formula(claim.cell)
        return claim in chosen or claim.cell in used or is_block or claim.by not in ("heading", "symbol", "block")

    # In a sheet of pasted numbers no loss depends on anything: report that.
    pasted = [claim for claim in found if not claim.is_short and not graph.is_formula(claim.cell)]
    found = [claim for claim in found if is_clear(claim)] or pasted
    _judge(points, found, chosen, result, FOR_JUDGING * seconds)
    wrong = [each.claim for each in result.verdicts if each.kind == WRONG and each.claim.by == "update"]
    behind = gradients_behind(points, wrong, listed, FOR_JUDGING * seconds)
    if behind:  # as SIGN(gradient)
        others = {claim.cell: claim for claim in found if claim not in behind}
        by_cell = {claim.cell: claim for claim, _ in behind.values()} | others
        found = sorted(by_cell.values(), key=lambda claim: claim.cell)
        chosen = {claim: loss for claim, loss in [*chosen.items(), *behind.values()] if claim in {*found}}
        result.losses, result.too_late = [*dict.fromkeys(chosen.values())], [*late]
        _judge(points, found, chosen, result, FOR_JUDGING * seconds)
    leave_headings_alone(graph, updates, result.verdicts)
    most = min(SECONDS, SECONDS_OF_SMALL + len(graph.formulas) / FORMULAS_A_SECOND, FOR_REPAIRS * seconds)
    result.verdicts, result.repairs = explain(graph, states, result.verdicts, updates, most)
    for verdict in result.verdicts:
        repair = result.repairs.get(verdict.claim)
        if verdict.kind == WRONG and repair and repair.edit.kind == Kind.TYPED:
            verdict.kind, verdict.remark = RIGHT, "a number that is typed into the formula"
    result.left_out = _left_out(graph, headed, chosen, any(verdict.loss is None for verdict in result.verdicts))
    if not (named or late):
        result.left_out |= named_after_nothing(graph, labels, found)
    judged_claims = {verdict.claim.cell: verdict.claim for verdict in result.verdicts}
    right = {verdict.claim.cell for verdict in result.verdicts if verdict.kind == RIGHT}
    right |= _right_sources(points, result.verdicts, updates)
    forward = graph.ancestors_of_all(result.losses, states) - states
    result.learning = learning_findings(graph, labels, updates, judged_claims, right, states, forward)
    return result


def _other_meanings(
    graph: SpreadsheetGraph, claims: Sequence[Claim], updates: Sequence[Update]
) -> tuple[dict[Claim, Claim], dict[Claim, Claim], set[Claim]]:
    """Return the other meanings of claims.

    A heading may name another parameter than the one that the claim's update changes, as most updates of that column
    do.

    Returns:
        For some claims the same by that other parameter; for some claims of updates the claim with a heading that may
        be meant; and the claims that may be steps.
    """
    headed = [claim for claim in claims if claim.heading]
    states = {graph.repeated(update.old) for update in updates} | {update.new for update in updates}
    steps = optimizer_steps(graph, updates, states, [claim.cell for claim in headed])
    followed = grouped([(at, step) for step in steps for at in step.gradients], lambda pair: pair[0])
    pairs = [(claim, step.update) for claim in headed for _, step in followed.get(claim.cell, ())]
    lines = {(step.update.new[0], axis, step.update.new[axis]) for step in steps if step.before for axis in (1, 2)}
    taking = {update.cell: update for update in updates}
    by_step = [(claim, taking[claim.cell]) for claim in claims if claim.by == "update" and claim.cell in taking]
    usual = Counter((claim.cell[::2], step_to(claim.cell, update.old)) for claim, update in (*pairs, *by_step))
    ends = {at for update in updates for at in (update.old, update.new)}
    alternatives = {}
    doubtful = [*headed, *(claim for claim, _ in by_step)]
    for (line, step), _ in sorted(usual.items(), key=lambda item: item[1]):
        for claim in doubtful:
            if claim.cell[::2] == line and (old := along(claim.cell, step)) in ends:
                alternatives[claim] = replace(claim, of=old)
    by_update = {claim.cell: claim for claim in claims if claim.by == "update"}
    rivals = {
        own: alternatives[claim]
        for claim, update in pairs
        if any((update.new[0], axis, update.new[axis]) in lines for axis in (1, 2))
        and (own := by_update.get(update.cell or update.at))
    }
    others = {a: b for a, b in alternatives.items() if graph.repeated(a.of) != graph.repeated(b.of)}
    return others, rivals, _changes(headed, steps)


def _changes(claims: Sequence[Claim], steps: Sequence[OptimizerStep]) -> set[Claim]:
    """Return the claims with headings such as dw that may be steps of w: most updates add a cell that is called so."""
    short = {claim.cell: claim for claim in claims if claim.is_short}
    votes: Counter[tuple[str, str]] = Counter()
    for step in steps:
        own = grouped([short[at] for at in step.gradients if at in short], lambda claim: claim.sheet_and_heading)
        votes.update({heading: 1 if step.follows(claims[0].cell)[2] else -1 for heading, claims in own.items()})
    return {claim for claim in short.values() if votes[claim.sheet_and_heading] > 0}


def _right_sources(points: Points, verdicts: Sequence[Verdict], updates: Sequence[Update]) -> set[Place]:
    graph = points.graph
    wrong = {graph.repeated(each.claim.of): each.loss for each in verdicts if each.kind == WRONG and each.loss}
    claimed, found = {verdict.claim.cell for verdict in verdicts}, set[Place]()
    for update in updates:
        loss, cell, slopes = wrong.get(graph.repeated(update.old)), update.cell, Slopes(graph)
        if loss and cell and cell not in claimed:
            slopes.want(loss, [graph.repeated(update.old)])
            own = points.sampling(_leaves(graph, [loss], points.states))
            if verdict_on(graph, own, Claim(cell, update.old, "update"), loss, slopes).kind == RIGHT:
                found.add(cell)
    return found


def _states(graph: SpreadsheetGraph, updates: Sequence[Update], claims: Sequence[Claim]) -> set[Place]:
    of = {graph.repeated(claim.of) for claim in claims}
    given = {at for at in of if at not in graph.formulas}
    return given | {graph.repeated(update.old) for update in updates} | {update.new for update in updates}


def _left_out(
    graph: SpreadsheetGraph, claims: Sequence[Claim], losses: Mapping[Claim, Place], lacks_loss: bool
) -> dict[Place, str]:
    """Return the left-out cells that lead to a claim or its loss, and the numbers behind a parameter without a loss.

    With `lacks_loss`, the loss of a judged claim may be on a sheet that is left out as a whole.
    """
    if not claims:
        return graph.left_out
    leading = graph.ancestors_of_all({*losses.values(), *(claim.cell for claim in claims)})
    behind = graph.descendants_of_all({graph.repeated(claim.of) for claim in claims if claim not in losses})

    def matters(at: Place) -> bool:
        content = graph.contents.cells.get(at)
        if at[0] in graph.too_long:
            return at in leading or lacks_loss
        is_text = content is None or isinstance(content.value, str)
        return at in leading or not (is_text or behind.isdisjoint(graph.reads_left_out(at)))

    return {at: why for at, why in graph.left_out.items() if matters(at)}


def _judge(
    points: Points, claims: Sequence[Claim], losses: Mapping[Claim, Place], result: Checked, seconds: float
) -> None:
    graph = points.graph
    points.plan(result.losses)
    groups = grouped(claims, losses.get)
    known = {graph.repeated(claim.of) for claim in claims}
    verdicts: dict[Claim, Verdict] = {}
    right_in: dict[Hashable, set[int]] = {}
    """For each shape of a step the indices of the claims that are right at other numbers: a copy of it isn't tried."""
    for loss in sorted(groups, key=lambda loss: points.size(loss) if loss else 0):
        # Draw only the cells before this loss: elsewhere a weight decay of 0 stays 0.
        own = points.sampling(_leaves(graph, [loss], points.states)) if loss else points
        if loss and are_smooth(graph, _read_by(points, loss, groups[loss])):
            own.enough = FOR_SMOOTH
        slopes = Slopes(graph)
        if loss:
            slopes.want(loss, [graph.repeated(claim.of) for claim in groups[loss]])
        judged_here: dict[Claim, Verdict] = {}
        shape = shape_of_step(graph, points.states, loss, groups[loss]) if loss else None
        known_here = right_in.get(shape, set()) if shape else set()
        for k, claim in enumerate(groups[loss]):
            if process_time() > seconds:
                result.too_late.append(claim)
            else:
                judged_here[claim] = verdict_on(graph, own, claim, loss, slopes, is_known=k in known_here)
        if shape and shape not in right_in and len(judged_here) == len(groups[loss]):
            right_in[shape] = {k for k, each in enumerate(judged_here.values()) if each.is_right_everywhere}
        if loss:
            judged_here = {claim: _of_another(own, verdict, known) for claim, verdict in judged_here.items()}
            held = verdicts_by_pieces(own, [*judged_here.values()], slopes)
            judged_here |= {verdict.claim: verdict for verdict in held}
            wrong = [verdict for verdict in judged_here.values() if verdict.kind == WRONG]
            # If a right claim needs labels, try repairs first at choices with labels.
            if any(verdict.needs_labels for verdict in judged_here.values()):
                for verdict in wrong:
                    if verdict.tries:
                        verdict.take(verdict.tries[::-1])
            if _has_steps_only(points, loss, judged_here.values()):
                for verdict in wrong:
                    verdict.kind, verdict.remark = UNKNOWN, "the loss goes up and down in steps, and has no slope"
        verdicts |= judged_here
    result.verdicts = [verdicts[claim] for claim in claims if claim in verdicts]


def _read_by(points: Points, loss: Place, claims: Sequence[Claim]) -> set[Place]:
    return points.leading(loss) | points.graph.ancestors_of_all([claim.cell for claim in claims], points.states)


def _of_another(points: Points, verdict: Verdict, parameters: Collection[Place]) -> Verdict:
    """Return the verdict, or the one by another typed number if only an update tells the claim's parameter.

    Then the claim is right, and the update begins from another parameter.
    """
    claim, loss, graph = verdict.claim, verdict.loss, points.graph
    if verdict.kind != WRONG or claim.formula is not None or not loss or not verdict.tries:
        return verdict
    if claim.by != "update":
        is_copy = graph.repeated(claim.of) != claim.of
        return _of_the_copy(points, verdict, loss) if is_copy else verdict
    typed = {at for at in points.leading(loss) if at not in graph.formulas and isinstance(graph.numbers.get(at), float)}
    others = typed - {*parameters}
    slopes = [
        (number_of_claim(point, claim), point.gradients(loss, others) or {})
        for point in verdict.tries[0][0][:FEW_POINTS]
    ]
    for other in sorted(others):
        if all(said and nearly_equal(said, found.get(other, 0.0)) for said, found in slopes):
            by_other = Slopes(graph)
            by_other.want(loss, [other])
            return verdict_on(graph, points, replace(claim, of=other), loss, by_other)
    return verdict


def _of_the_copy(points: Points, verdict: Verdict, loss: Place) -> Verdict:
    """Return the verdict; right if a claim is the derivative by a copy alone, such as C8 `=B8` in one branch of two."""
    claim, of = verdict.claim, verdict.claim.of

    def is_right(point: Point) -> bool:
        number, slopes = number_of_claim(point, claim), point.gradients(loss, [of])
        return number is not None and slopes is not None and nearly_equal(number, slopes[of])

    if all(is_right(point) for chosen, _ in [*verdict.tries, ([points.as_saved], [])] for point in chosen):
        slopes = points.as_saved.gradients(loss, [of]) or {}
        verdict.kind, verdict.truth, verdict.remark = RIGHT, slopes.get(of), ""
    return verdict


def _has_steps_only(points: Points, loss: Place, verdicts: Collection[Verdict]) -> bool:
    leading = points.leading(loss)
    return any(points.graph.repeated(verdict.claim.of) in leading for verdict in verdicts) and all(
        verdict.truth == 0 and not any(map(any, (truths for _, truths in verdict.tries))) for verdict in verdicts
    )


def _leaves(graph: SpreadsheetGraph, losses: Sequence[Place], states: Collection[Place]) -> set[Place]:
    leading = graph.ancestors_of_all(losses, states)
    return {at for at in leading if at[1] > 0 and at not in graph.formulas and at not in states}
