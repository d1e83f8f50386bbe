"""Judges gradients such as dh, with h a function of a sum, as derivatives by h or by the sum within its formula."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isnan, nan

from excel_export.shared.grouped import grouped
from spreadsheet_autograd.functions.evaluation import evaluate
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import Slopes, central_difference
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Verdict
from spreadsheet_autograd.language.syntax import Cell, Number, Part, Path, address, pieces, replaced, walk, written
from spreadsheet_autograd.roles.matches import number_of_claim

ROUNDING = 1e-9
"""The error of a slope by differences, relative to the slope."""


def verdicts_by_pieces(points: Points, verdicts: Sequence[Verdict], slopes: Slopes) -> Iterator[Verdict]:
    """Yield new verdicts on wrong claims such as dh, with h `=TANH(B2+B3)`, as derivatives by a piece of h, B2+B3.

    A claim that is the derivative by that piece is 'right' now, with a remark, 'by B2+B3, which stands in B4'. The
    claims under one heading on a sheet are judged by the same piece, and only if more than half of them are 'right'
    then; the others stay 'wrong', with the derivative by the piece. Claims that are right by h, or whose heading is
    right elsewhere on the sheet, are left out.

    Args:
        points: the sample points.
        verdicts: the verdicts on all claims of a loss.
        slopes: the loss's derivatives.
    """
    graph = points.graph
    as_said = {verdict.claim.sheet_and_heading for verdict in verdicts if verdict.kind == RIGHT}
    short = [
        verdict for verdict in verdicts
        if verdict.kind == WRONG and verdict.claim.is_short and verdict.tries
        and verdict.claim.sheet_and_heading not in as_said
        and graph.repeated(verdict.claim.of) not in points.states
    ]  # fmt: skip
    for group in grouped(short, lambda verdict: verdict.claim.sheet_and_heading).values():
        formula = graph.formulas.get(graph.repeated(group[0].claim.of))
        for path, piece in walk(formula) if formula is not None and not isinstance(formula, Part) else ():
            if path and any(isinstance(each, Cell) for each in pieces(piece)):
                held = [new for verdict in group if (new := _by_piece(points, verdict, path, slopes))]
                if 2 * sum(new.kind == RIGHT for new in held) > len(group):
                    yield from held
                    break


def _by_piece(points: Points, verdict: Verdict, path: Path, slopes: Slopes) -> Verdict | None:
    """Return the verdict on a claim as the derivative by the piece at this path; None if there is no such piece."""
    graph, claim, loss = points.graph, verdict.claim, verdict.loss
    at = graph.repeated(claim.of)
    formula = graph.formulas[at]
    piece = None if isinstance(formula, Part) else dict(walk(formula)).get(path)
    if piece is None or loss is None:
        return None

    def slope(point: Point) -> float:
        """Return the derivative of the formula by the piece; NaN if it can't be computed."""
        for other in graph.reads(formula):
            point.number(other)
        own = as_float(evaluate(piece, point.values, at, False))
        if own is None:
            return nan
        found = central_difference(
            lambda number: evaluate(replaced(formula, path, Number(number)), point.values, at, False), own
        )
        return nan if found is None else found

    def is_same(point: Point, truth: float) -> bool:
        said, scale = number_of_claim(point, claim), slopes.largest(loss, point)
        return said is not None and (nearly_equal(said, truth, scale) or abs(said - truth) <= ROUNDING * scale)

    tries = [(tried, [truth * slope(point) for point, truth in zip(tried, truths, strict=True)])
             for tried, truths in verdict.tries]  # fmt: skip
    here = slope(points.as_saved)
    truth = None if verdict.truth is None or isnan(here) else verdict.truth * here
    remark = f"by {written(piece, at[0])}, which stands in {address(at)}"
    if any(all(map(is_same, *each)) for each in tries):
        return replace(verdict, kind=RIGHT, truth=truth, remark=remark, points=[], truths=[], tries=[])
    return replace(verdict, truth=truth, remark=remark, points=tries[0][0], truths=tries[0][1], tries=tries)
