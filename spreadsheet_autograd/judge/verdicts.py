"""Whether a claim is right: at the sheet's own numbers, and at others."""

from __future__ import annotations

from dataclasses import dataclass, field

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.find.matches import claimed
from spreadsheet_autograd.functions.values import CellError, Unknown
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import Slopes
from spreadsheet_autograd.graph.tolerance import is_rounded, nearly_equal
from spreadsheet_autograd.language.syntax import address

FEW_WITH_LABELS = 6
RIGHT, WRONG, CONSTANT, UNDEFINED, UNKNOWN = "right", "wrong", "constant", "undefined", "unknown"


Tried = tuple[list[Point], list[float]]


@dataclass(eq=False)
class Verdict:
    """What is said of a claim."""

    claim: Claim
    loss: Place | None
    kind: str
    value: float | None = None
    """What the sheet has."""
    truth: float | None = None
    """The derivative at the sheet's own numbers."""
    remark: str = ""
    points: list[Point] = field(default_factory=list)
    """Where it was tried: at the first of these a wrong claim differs."""
    truths: list[float] = field(default_factory=list)
    """The derivative at each of these."""
    own: Point | None = None
    """The sheet's own numbers, where the loss is smooth: what mends a claim must be right there, too."""
    tries: list[Tried] = field(default_factory=list)
    """The same for each way to draw numbers: freely, and so that labels stay labels."""
    needs_labels: bool = False
    """Whether it is right only where labels stay labels."""

    def forget(self) -> None:
        """Keep what is said, not where it was tried: all cells of each choice of numbers are large."""
        self.points, self.truths, self.tries = [], [], []


def judged(graph: SpreadsheetGraph, points: Points, claim: Claim, loss: Place | None, slopes: Slopes) -> Verdict:
    """Say whether a claim is right."""
    value = claimed(points.own, claim)
    if claim.cell in graph.left_out and claim.formula is None:
        return Verdict(claim, loss, UNKNOWN, value, remark=graph.left_out[claim.cell])
    if loss is None:
        by = graph.descendants(claim.of) if graph.left_out else set()
        way = next((at for at in graph.left_out if not by.isdisjoint(graph.reads_left_out(at))), None)
        if way:
            return Verdict(claim, loss, UNKNOWN, value, remark=f"depends on {address(way)}: {graph.left_out[way]}")
        pasted = "a number without a formula, and " if not graph.is_formula(claim.cell) else ""
        return Verdict(claim, loss, UNKNOWN, value, remark=f"{pasted}no loss depends on it")
    of = graph.repeated(claim.of)
    way = _not_computed(graph, points, claim, loss)
    if way:
        return Verdict(claim, loss, UNKNOWN, value, remark=f"depends on {address(way)}: {graph.left_out[way]}")
    if of == loss:
        return Verdict(claim, loss, RIGHT if value == 1 else WRONG, value, 1.0)
    truth = slopes(loss, of, points.own)
    if truth is None:
        return Verdict(claim, loss, UNKNOWN, value, remark="the loss is no number")
    if value is None:
        found = graph.numbers.get(claim.cell)
        if not isinstance(found, CellError) or isinstance(found, Unknown) or claim.formula is not None:
            return Verdict(claim, loss, UNKNOWN, value, truth, f"the cell holds no number, but {found!s:.20}")
        verdict = _tried(points.usable(loss, kept=False), claim, loss, of, slopes)
        verdict.kind, verdict.truth, verdict.remark = WRONG, truth, f"the cell holds no number, but {found!s:.20}"
        verdict.points, verdict.truths = verdict.points or [points.own], verdict.truths or [truth]
        verdict.tries = [(verdict.points, verdict.truths)]
        return verdict
    fits = nearly_equal(value, truth, slopes.largest(loss, points.own))
    if claim.formula is None and not graph.is_formula(claim.cell):
        if fits or nearly_equal(value, truth, slopes.largest(loss, points.own) * 1e6):
            return Verdict(claim, loss, CONSTANT, value, truth, "a number without a formula")
        if abs(value - truth) <= 5e-7 * max(abs(truth), 1e-3) or is_rounded(value, truth):
            return Verdict(claim, loss, CONSTANT, value, truth, "a number without a formula, rounded")
        remark = "a number without a formula"
        return Verdict(claim, loss, WRONG, value, truth, remark, points=[points.own], truths=[truth])
    best: Verdict | None = None
    tries: list[Tried] = []
    for kept in (False, True):
        verdict = _tried(points.usable(loss, kept), claim, loss, of, slopes)
        if verdict.kind == RIGHT and not kept and points.has_signs:
            # Free numbers near 1 don't tell whether a formula is right for labels of -1, too.
            verdict = _tried([*verdict.points, *points.usable(loss, True, FEW_WITH_LABELS)], claim, loss, of, slopes)
        verdict.value, verdict.truth = value, truth
        if verdict.kind == RIGHT:
            verdict.needs_labels = kept
            if not fits:
                kink = _is_kink(points.own, loss, of)
                verdict.kind = UNDEFINED if kink else WRONG
                verdict.remark = "not differentiable here" if kink else ""
            return verdict
        best = best or verdict
        if verdict.points:
            tries.append(_telling(verdict, slopes.largest(loss, points.own)))
    assert best is not None
    best.own = None if _is_kink(points.own, loss, of) else points.own
    if not best.points:
        best.kind = RIGHT if fits else WRONG
        best.points, best.truths = [points.own], [truth]
        best.remark = "tried at the sheet's own numbers only"
    best.tries = tries or [(best.points, best.truths)]
    best.points, best.truths = best.tries[0]
    return best


def _not_computed(graph: SpreadsheetGraph, points: Points, claim: Claim, loss: Place) -> Place | None:
    """A cell that isn't computed, between a parameter and the loss, or between the two passes."""
    leading = points.leading(loss)
    formula = shown_formula(graph, claim)
    behind = {claim.cell} if formula is None else graph.reads_of(formula, points.states)
    if graph.left_out.keys().isdisjoint(leading | behind):
        return None
    by = graph.descendants(graph.repeated(claim.of), points.states)
    for at in graph.left_out:
        reads, may_read_all = graph.reads_left_out(at), at[0] in graph.too_long
        hides = at in leading and (may_read_all or not by.isdisjoint(reads))
        if hides or (at in behind and at not in leading and (may_read_all or reads)):
            return at
    return None


MOST_TELLING = 14


def _telling(verdict: Verdict, scale: float) -> Tried:
    """A few of the choices at which a claim was tried, first those at which it is wrong."""
    pairs = [*zip(verdict.points, verdict.truths, strict=True)]

    def fits(pair: tuple[Point, float]) -> bool:
        number = claimed(pair[0], verdict.claim)
        return number is not None and nearly_equal(number, pair[1], scale)

    right = [pair for pair in pairs if fits(pair)]
    wrong = [pair for pair in pairs if not fits(pair)]
    few = [*wrong[:4], *right[:2], *wrong[4:], *right[2:]][:MOST_TELLING]
    return [point for point, _ in few], [truth for _, truth in few]


def _tried(points: list[Point], claim: Claim, loss: Place, of: Place, slopes: Slopes) -> Verdict:
    kept: list[Point] = []
    truths: list[float] = []
    right = True
    for point in points:
        truth = slopes(loss, of, point)
        if truth is None:
            continue
        number = claimed(point, claim)
        fits = number is not None and nearly_equal(number, truth, slopes.largest(loss, point))
        if not fits and _is_kink(point, loss, of):
            continue  # as where two units of a pool are off, and both are the largest
        kept.append(point)
        truths.append(truth)
        right &= fits
    return Verdict(claim, loss, RIGHT if right and kept else WRONG, points=kept, truths=truths)


def _is_kink(point: Point, loss: Place, of: Place) -> bool:
    """Whether the loss has another slope on the left than on the right."""
    own = point.number(of)
    if own is None:
        return False
    step = 1e-6 * max(1.0, abs(own))
    low, here, high = (each.number(loss) for each in (point.shifted(of, -step), point, point.shifted(of, step)))
    if low is None or here is None or high is None:
        return False
    left, right = (here - low) / step, (high - here) / step
    rounding = 1e-14 * max(abs(low), abs(here), abs(high)) / step
    return abs(left - right) > 1e-4 * max(abs(left), abs(right)) + rounding
