"""Compares each claim with the derivatives of all cells behind its parameter at once."""

from collections.abc import Collection, Sequence
from functools import cache
from time import process_time

import numpy as np

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import Sweeps

MOST_POINTS = 3
"""The number of choices of numbers at which a claim is compared."""
ATTEMPTS = 6
"""The most choices that are tried, as some cells are no numbers at some of them."""
MOST_SWEPT = 400_000
"""The most cells to compute by differences, all parameters and choices together."""
SAME = 1e-6
"""The error of a derivative by differences, relative to the derivative."""
ROUNDING = 1e-10
"""The error of a derivative by differences, relative to the value that is differentiated."""


class Matches:
    """Finds the cells whose derivative a claim is at the sample points: `find` returns {B6 by B3: [B5]}.

    `cells` are the cells to choose from, and `sweeps` computes their derivatives.
    """

    def __init__(self, points: Points, sweeps: Sweeps, cells: Collection[Place]) -> None:
        self._points, self._sweeps, self._cells = points, sweeps, {*cells}
        self.late: set[Claim] = set()
        """The claims for which there was no time."""

    def find(self, claims: Sequence[Claim], seconds: float) -> dict[Claim, list[Place]]:
        """Return for each claim the cells whose derivative it is, {B6 by B3: [B5]}, [] if there are none.

        A claim that is 0, or no number, at all sample points is left out.

        Args:
            claims: the claims.
            seconds: the processor time of this process at which to stop; the claims left then are in `late`.
        """
        graph = self._points.graph
        groups = grouped(claims, lambda claim: graph.repeated(claim.of))
        swept = sum(len(self._sweeps.behind(by)) for by in groups)
        most = MOST_POINTS if swept * MOST_POINTS <= MOST_SWEPT else 1
        choices = [self._points.free, *([self._points.with_labels] if self._points.has_labels else [])]
        kinds = [self._usable(each, most) for each in choices]
        # If only parameters are drawn, a weight decay of 0 stays 0; but an input 1 may hide a missing factor.
        few = cache(lambda: self._usable(self._points.sampling(()).free, most))
        found: dict[Claim, list[Place]] = {}
        for by, own in groups.items():
            if process_time() > seconds:
                self.late.update(own)
                continue
            for kind in kinds:
                for claim, cells in self._matching(by, own, kind).items():
                    found[claim] = [*dict.fromkeys([*found.get(claim, ()), *cells])]
            left = [claim for claim in own if not found.get(claim)]
            found |= self._matching(by, left, few()) if left else {}
        return found

    def _usable(self, choices: Sequence[Point], most: int) -> list[Point]:
        """Return the choices of numbers at which the most cells are numbers."""
        tried = []
        for point in choices[:ATTEMPTS]:
            lacking = sum(point.number(at) is None for at in self._cells)
            tried.append((lacking, point))
            if len(tried) >= most and sum(not lacking for lacking, _ in tried) >= most:
                break
        return [point for _, point in sorted(tried, key=lambda each: each[0])[:most]] or [self._points.as_saved]

    def _matching(self, by: Place, claims: Sequence[Claim], points: Sequence[Point]) -> dict[Claim, list[Place]]:
        cells = [at for at in self._sweeps.behind(by) if at in self._cells]
        derivatives = [self._sweeps.derivatives(by, point) for point in points]
        slopes = np.array([[each.get(at, np.nan) for at in cells] for each in derivatives])
        sizes = np.array([[abs(point.number(at) or 0.0) for at in cells] for point in points])
        found = {}
        for claim in claims:
            numbers = [number_of_claim(point, claim) for point in points]
            said = np.array([np.nan if number is None else number for number in numbers])[:, None]
            if not np.any(np.abs(said) > ROUNDING):
                continue
            near = SAME * np.maximum(np.abs(slopes), np.abs(said)) + ROUNDING * (1 + sizes)
            known = np.isfinite(slopes) & np.isfinite(said)
            same = (~known | (np.abs(slopes - said) <= near)).all(axis=0) & (known & (np.abs(said) > near)).any(axis=0)
            found[claim] = [cells[k] for k in np.flatnonzero(same)]
        return found

    def is_share(self, part: Place, whole: Place) -> bool:
        """Return whether the derivative of `whole` by `part` is the same at two sample points, and not 0.

        True for B2 of `=(B2+B3)/2`, a mean in which it is one of the summands; False for B2 of `=B2*B3`.
        """
        points = self._usable(self._points.with_labels, most=2)
        slopes = [self._sweeps.derivatives(part, point).get(whole, np.nan) for point in points]
        first = slopes[0]
        return bool(first) and all(abs(other - first) <= SAME * abs(first) for other in slopes)


def number_of_claim(point: Point, claim: Claim) -> float | None:
    """Return the number of a claim at a sample point, 2.0, computed if it is part of an update; None for no number."""
    if claim.formula is None:
        return point.number(claim.cell)
    for at in point.graph.reads(claim.formula):
        point.number(at)
    value = point.graph.value(claim.formula, point.values, claim.cell)
    return value if isinstance(value, float) else None
