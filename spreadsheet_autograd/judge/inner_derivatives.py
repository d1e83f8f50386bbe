"""What a heading such as dh means where h is a function of a sum: the derivative by h, or by the sum inside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.matches import claimed
from spreadsheet_autograd.functions.evaluate import evaluate
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import STEP, Slopes
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Verdict
from spreadsheet_autograd.language.syntax import (
    Cell,
    Node,
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
            inner = {verdict: slope for verdict in group if (slope := _Inner.of(graph, verdict, path))}
            right = [verdict for verdict, slope in inner.items() if slope.explains(verdict, slopes)]
            if 2 * len(right) > len(group):
                for verdict, slope in inner.items():
                    slope.take(verdict, points.own, is_right=verdict in right)
                break


def _heading(verdict: Verdict) -> tuple[str, str]:
    return verdict.claim.cell[0], verdict.claim.heading


def _paths(graph: SpreadsheetGraph, verdict: Verdict) -> Iterator[Path]:
    """The ways to the pieces of a formula that are made of cells, from the outside."""
    node = graph.formulas.get(graph.repeated(verdict.claim.of))
    for path, piece in walk(node) if node is not None and not isinstance(node, Part) else ():
        if path and any(isinstance(each, Cell) for each in pieces(piece)):
            yield path


class _Inner:
    """A piece of a formula, and the slope of the formula by it."""

    def __init__(self, graph: SpreadsheetGraph, verdict: Verdict, path: Path, piece: Node) -> None:
        self._graph, self._at, self._path, self._piece = graph, graph.repeated(verdict.claim.of), path, piece
        self._formula = graph.formulas[self._at]

    @classmethod
    def of(cls, graph: SpreadsheetGraph, verdict: Verdict, path: Path) -> _Inner | None:
        """The piece at the end of a way, where the formula has one."""
        node = graph.formulas.get(graph.repeated(verdict.claim.of))
        found = dict(walk(node)).get(path) if node is not None and not isinstance(node, Part) else None
        return None if found is None else cls(graph, verdict, path, found)

    def slope(self, point: Point) -> float | None:
        """The slope at a choice of numbers."""
        for at in self._graph.reads(self._formula):
            point.number(at)
        own = as_float(evaluate(self._piece, point.values, self._at, False))
        if own is None:
            return None
        step = STEP * max(1.0, abs(own))
        low, high = (
            as_float(evaluate(replaced(self._formula, self._path, Number(own + by)), point.values, self._at, False))
            for by in (-step, step)
        )
        return None if low is None or high is None else (high - low) / (2 * step)

    def explains(self, verdict: Verdict, slopes: Slopes) -> bool:
        """Whether a claim is the derivative by the piece, wherever it was tried."""
        return any(
            all(self._fits(verdict, point, truth, slopes) for point, truth in zip(points, truths, strict=True))
            for points, truths in verdict.tries
        )

    def _fits(self, verdict: Verdict, point: Point, truth: float, slopes: Slopes) -> bool:
        said, slope = claimed(point, verdict.claim), self.slope(point)
        assert verdict.loss
        scale = slopes.largest(verdict.loss, point)
        return said is not None and slope is not None and (
            nearly_equal(said, truth * slope, scale) or abs(said - truth * slope) <= ROUNDING * scale
        )  # fmt: skip

    def take(self, verdict: Verdict, own: Point, *, is_right: bool) -> None:
        """Hold a claim against the derivative by the piece."""
        verdict.kind = RIGHT if is_right else WRONG
        verdict.remark = f"by {written(self._piece, self._at[0])}, which stands in {address(self._at)}"
        here = self.slope(own)
        verdict.truth = None if verdict.truth is None or here is None else verdict.truth * here
        verdict.tries = [
            (points, [truth * (self.slope(point) or 0.0) for point, truth in zip(points, truths, strict=True)])
            for points, truths in verdict.tries
        ]
        verdict.points, verdict.truths = verdict.tries[0]
