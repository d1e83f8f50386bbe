"""Judges whether a claim is right: at the numbers of the file, and at others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.functions.values import CellError, Unknown
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import Slopes
from spreadsheet_autograd.graph.tolerance import is_rounded, nearly_equal
from spreadsheet_autograd.language.syntax import address
from spreadsheet_autograd.roles.matches import number_of_claim

FEW_WITH_LABELS = 6
"""The number of choices with labels of -1 and 1 that are added to free ones."""
MOST_TELLING = 14
"""The most choices that are stored for the search for a repair."""
TELLING = 1e-6
"""A derivative that is smaller than this share of the largest one tells nothing about a claim."""
RIGHT, WRONG, CONSTANT, UNDEFINED, UNKNOWN = "right", "wrong", "constant", "undefined", "unknown"
Tried = tuple[list[Point], list[float]]
"""Choices of numbers, and the derivative at each of them."""


@dataclass(eq=False)
class Verdict:
    """The judgement on a claim, a cell that is called a gradient: 'right', 'wrong' or another kind.

    In the examples below, B6 `=(B4-B2)*B1` is called the gradient of B5 `=(B4-B2)^2` by B3, and lacks a factor 2:
    Verdict(claim, B5, 'wrong', value=2.0, truth=4.0).
    """

    claim: Claim
    """The claim to be a gradient, B6 by B3."""
    loss: Place | None
    """The cell that the claim is the derivative of, B5; None if there is none."""
    kind: str
    """'right', 'wrong', 'constant' (a number without a formula), 'undefined' (a kink: the slopes left and right differ,
    as of MAX(0,x) at 0) or 'unknown'."""
    value: float | None = None
    """The claim's number in the file, 2.0; None if it is no number."""
    truth: float | None = None
    """The derivative at the numbers of the file, 4.0; None if it can't be computed."""
    remark: str = ""
    """A reason for the user, 'not differentiable here'; '' if there is none."""
    points: list[Point] = field(default_factory=list)
    """The choices of numbers for the repair; a wrong claim differs at the first of them; [] for most right claims."""
    truths: list[float] = field(default_factory=list)
    """The derivative at each of these choices, [0.15, 83.5, …]."""
    as_saved: Point | None = None
    """The numbers of the file, if there is no kink, so that a repair must be right at them too; else None."""
    tries: list[Tried] = field(default_factory=list)
    """(points, truths) for each kind of choices: with numbers drawn freely, and with labels such as 0 and 1 that stay
    labels."""
    needs_labels: bool = False
    """True if the claim is right only where labels remain labels, as with y² in place of y, which is 0 or 1."""

    @property
    def is_right_everywhere(self) -> bool:
        """True if the claim is right at the numbers of the file and at all others, also where a label 0 or 1 is 0.3."""
        return self.kind == RIGHT and not self.needs_labels and not self.remark

    def take(self, tries: list[Tried]) -> None:
        """Set `tries`, and `points` and `truths` from the first of these: [point] and [4.0] for [([point], [4.0])]."""
        self.tries, (self.points, self.truths) = tries, tries[0]


def verdict_on(
    graph: SpreadsheetGraph, points: Points, claim: Claim, loss: Place | None, slopes: Slopes, *, is_known: bool = False
) -> Verdict:  # fmt: skip
    """Return the verdict on a claim to be the derivative of `loss`; its `kind` is 'right', 'wrong', 'undefined', ….

    A claim `=2*B3` with the loss `=B3^2` by B3 is 'right'. It must hold at the file's numbers and at random ones.

    Args:
        graph: the workbook.
        points: the sample points, choices of numbers at which the claim is compared.
        claim: the claim.
        loss: the cell of the loss; None if it is unknown: the verdict is then 'unknown'.
        slopes: the derivatives; `slopes.want` must have been called for the claim's parameter.
        is_known: True if the claim is right at other numbers, as a copy of a right one, and only to be compared at the
            file's.
    """
    verdict = Verdict(
        claim, loss, UNKNOWN, number_of_claim(points.as_saved, claim), remark=_why_unknown(graph, points, claim, loss)
    )
    if verdict.remark or loss is None:
        return verdict
    of, value = graph.repeated(claim.of), verdict.value
    if of == loss:
        verdict.kind, verdict.truth = RIGHT if value == 1 else WRONG, 1.0
        return verdict
    truth = verdict.truth = slopes(loss, of, points.as_saved)
    if truth is None:
        verdict.remark = "the loss is no number"
        return verdict
    if value is None:
        found = graph.numbers.get(claim.cell)
        verdict.remark = f"the cell holds no number, but {found!s:.20}"
        if isinstance(found, CellError) and not isinstance(found, Unknown) and claim.formula is None:
            verdict.kind = WRONG
            tried = _trials(points.usable(loss, with_labels=False), claim, loss, of, slopes)
            verdict.take([_telling(tried)] if tried else [([points.as_saved], [truth])])
        return verdict
    scale = slopes.largest(loss, points.as_saved)
    if claim.formula is None and not graph.is_formula(claim.cell):
        verdict.kind, verdict.remark = CONSTANT, "a number without a formula"
        if nearly_equal(value, truth, scale * 1e6):
            return verdict
        if abs(value - truth) <= 5e-7 * max(abs(truth), 1e-3) or is_rounded(value, truth):
            verdict.remark += ", rounded"
        else:
            verdict.kind, verdict.points, verdict.truths = WRONG, [points.as_saved], [truth]
        return verdict
    fits = nearly_equal(value, truth, scale)
    if fits and is_known:
        verdict.kind = RIGHT
        return verdict
    tries: list[Tried] = []
    for with_labels in (False, True):
        # Of labels alone, 0 and 1, even a smooth formula shows a mistake at few choices.
        if_right = inf if with_labels else points.enough
        tried = _trials(points.each_usable(loss, with_labels), claim, loss, of, slopes, if_right, points.enough)
        if points.has_signs and not with_labels and tried and all(each.fits for each in tried):
            # Free numbers near 1 don't tell whether a formula is right for labels of -1 too.
            further = points.usable(loss, True, FEW_WITH_LABELS)
            tried = _trials([*(each.point for each in tried), *further], claim, loss, of, slopes)
        if tried and all(each.fits for each in tried):
            verdict.needs_labels = with_labels
            verdict.kind = RIGHT if fits else UNDEFINED if slopes.has_kink(loss, of, points.as_saved) else WRONG
            verdict.remark = "not differentiable here" if verdict.kind == UNDEFINED else ""
            if verdict.kind == WRONG:  # storing all cells of each choice for right claims would take too much memory
                verdict.points, verdict.truths = [each.point for each in tried], [each.truth for each in tried]
            return verdict
        tries += [_telling(tried)] if tried else []
    verdict.kind, verdict.as_saved = WRONG, None if slopes.has_kink(loss, of, points.as_saved) else points.as_saved
    if not tries:
        verdict.kind, verdict.remark = RIGHT if fits else WRONG, "tried at the sheet's own numbers only"
    verdict.take(tries or [([points.as_saved], [truth])])
    return verdict


def _why_unknown(graph: SpreadsheetGraph, points: Points, claim: Claim, loss: Place | None) -> str:
    if claim.cell in graph.left_out and claim.formula is None:
        return graph.left_out[claim.cell]
    if loss:
        way = _not_computed(graph, points, claim, loss)
    else:
        by = graph.descendants(claim.of) if graph.left_out else set()
        way = next((at for at in graph.left_out if not by.isdisjoint(graph.reads_left_out(at))), None)
    if way:
        return f"depends on {address(way)}: {graph.left_out[way]}"
    pasted = "a number without a formula, and " if not graph.is_formula(claim.cell) else ""
    return "" if loss else f"{pasted}no loss depends on it"


def _not_computed(graph: SpreadsheetGraph, points: Points, claim: Claim, loss: Place) -> Place | None:
    """Return a left-out cell between a parameter and the loss, or between the loss and the claim; None without one."""
    if not graph.left_out:
        return None
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


class _Trial(NamedTuple):
    """A choice of numbers, the derivative there, and whether the claim equals it."""

    point: Point
    truth: float
    fits: bool


def _trials(
    choices: Iterable[Point], claim: Claim, loss: Place, of: Place, slopes: Slopes,
    if_right: float = inf, if_wrong: float = inf,
) -> list[_Trial]:  # fmt: skip
    """Compare a claim with the derivative: at all choices, or at so many if it is right, or wrong, at each of them."""
    found = list[_Trial]()
    telling = 0
    for point in choices:
        truth = slopes(loss, of, point)
        if truth is not None:
            number = number_of_claim(point, claim)
            fits = number is not None and nearly_equal(number, truth, slopes.largest(loss, point))
            # At a kink, as where two units of a max pool are both 0, a difference tells nothing.
            if fits or not slopes.has_kink(loss, of, point):
                found.append(_Trial(point, truth, fits))
            telling += abs(truth) > TELLING * slopes.largest(loss, point)
            right = sum(each.fits for each in found)
            if telling >= (if_right if right == len(found) else if_wrong if right == 0 else inf):
                break
    return found


def _telling(trials: Sequence[_Trial]) -> Tried:
    """Return a few of the choices at which a claim was compared, first those at which it is wrong."""
    right = [each for each in trials if each.fits]
    wrong = [each for each in trials if not each.fits]
    few = [*wrong[:4], *right[:2], *wrong[4:], *right[2:]][:MOST_TELLING]
    return [each.point for each in few], [each.truth for each in few]
