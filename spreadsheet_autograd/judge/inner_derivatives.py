"""What a heading such as dh means where h is a function of a sum: the derivative by h, or by the sum inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isnan, nan

from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.matches import claimed
from spreadsheet_autograd.functions.evaluate import evaluate
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import STEP, Slopes
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Tried, Verdict
from spreadsheet_autograd.language.syntax import (
    Cell,
    Number,
    Part,
    Path,
    address,
    pieces,
    replaced,
    walk,
    written,
)

ROUNDING = 1e-9
"""Differences tell the slope of a formula to this share of it."""
Slope = Callable[[Point], float]


def hold_against_what_stands_inside(points: Points, verdicts: Sequence[Verdict], slopes: Slopes) -> None:
    """Take short claims for right that are the derivative by a piece of the formula that they are of.

    A heading means the same wherever it stands: the wrong ones among them are held against the same piece.
    """
    graph = points.graph
    as_said = {_heading(verdict) for verdict in verdicts if verdict.kind == RIGHT}
    short = [
        verdict for verdict in verdicts
        if verdict.kind == WRONG and verdict.claim.is_short and verdict.tries and _heading(verdict) not in as_said
        and graph.repeated(verdict.claim.of) not in points.states
    ]  # fmt: skip
    for group in grouped(short, _heading).values():
        for path in _paths(graph, group[0]):
            slope_of = {verdict: slope for verdict in group if (slope := _slope_by(graph, verdict, path))}
            tries = {verdict: _by_the_piece(verdict.tries, slope) for verdict, slope in slope_of.items()}
            right = [verdict for verdict in tries if _fits(verdict, tries[verdict], slopes)]
            if 2 * len(right) > len(group):
                for verdict, slope in slope_of.items():
                    verdict.kind = RIGHT if verdict in right else WRONG
                    verdict.remark = _remark(graph, verdict, path)
                    here = slope(points.own)
                    verdict.truth = None if verdict.truth is None or isnan(here) else verdict.truth * here
                    verdict.tries = tries[verdict]
                    verdict.points, verdict.truths = verdict.tries[0]
                break


def _heading(verdict: Verdict) -> tuple[str, str]:
    return verdict.claim.cell[0], verdict.claim.heading


def _paths(graph: SpreadsheetGraph, verdict: Verdict) -> Iterator[Path]:
    """The ways to the pieces of a formula that are made of cells, from the outside."""
    node = graph.formulas.get(graph.repeated(verdict.claim.of))
    for path, piece in walk(node) if node is not None and not isinstance(node, Part) else ():
        if path and any(isinstance(each, Cell) for each in pieces(piece)):
            yield path


def _slope_by(graph: SpreadsheetGraph, verdict: Verdict, path: Path) -> Slope | None:
    """The slope of a formula by the piece at the end of a way, if it has one; NaN where that can't be told."""
    at = graph.repeated(verdict.claim.of)
    formula = graph.formulas[at]
    piece = None if isinstance(formula, Part) else dict(walk(formula)).get(path)
    if piece is None:
        return None

    def slope(point: Point) -> float:
        for other in graph.reads(formula):
            point.number(other)
        own = as_float(evaluate(piece, point.values, at, False))
        if own is None:
            return nan
        step = STEP * max(1.0, abs(own))
        low, high = (
            as_float(evaluate(replaced(formula, path, Number(own + by)), point.values, at, False))
            for by in (-step, step)
        )
        return nan if low is None or high is None else (high - low) / (2 * step)

    return slope


def _by_the_piece(tries: Sequence[Tried], slope: Slope) -> list[Tried]:
    return [
        (points, [truth * slope(point) for point, truth in zip(points, truths, strict=True)])
        for points, truths in tries
    ]


def _fits(verdict: Verdict, tries: Sequence[Tried], slopes: Slopes) -> bool:
    """Whether a claim is the derivative by the piece, wherever it was tried."""
    assert verdict.loss
    loss = verdict.loss

    def is_same(point: Point, truth: float) -> bool:
        said, scale = claimed(point, verdict.claim), slopes.largest(loss, point)
        return said is not None and (nearly_equal(said, truth, scale) or abs(said - truth) <= ROUNDING * scale)

    return any(all(map(is_same, *each)) for each in tries)


def _remark(graph: SpreadsheetGraph, verdict: Verdict, path: Path) -> str:
    at = graph.repeated(verdict.claim.of)
    return f"by {written(dict(walk(graph.formulas[at]))[path], at[0])}, which stands in {address(at)}"
