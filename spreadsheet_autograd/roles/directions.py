"""Finds the gradient behind a step that is a function of it, as its sign, a clipped gradient, or one over its norm.

Which formula it is does not matter: it is computed with other numbers in place of the gradient.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from math import inf, isnan

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import Sweeps
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.language.places import step_to
from spreadsheet_autograd.roles.matches import Matches

SIZES = (1e-5, 0.4, 1.3, 40.0)
"""The sizes of the gradient at which its function is computed, with either sign."""
POINTS = 3
"""The number of choices of all other numbers."""


def gradients_behind(
    points: Points, claims: Sequence[Claim], losses: Sequence[Place], seconds: float = inf
) -> dict[Claim, tuple[Claim, Place]]:
    """Return, for claims that are a function of a gradient, the claim of that gradient and its loss.

    With B12 `=SIGN(B8)` in the update `=B4-B1*B12`: {B12 by B4: (B8 by B4, B7)} if B8 is the derivative of B7 by B4, or
    if B9 is one by B5 in the copy `=B5-B1*B13`. The function must have the gradient's sign, and not be a multiple of
    it, which is a slip; or be the gradient plus a multiple of the parameter, a weight decay.

    Args:
        points: the sample points.
        claims: the claims, of which none is a derivative itself.
        losses: the cells that may be a loss.
        seconds: the processor time of this process at which to stop.
    """
    before = {claim: [*_before(points, claim)] for claim in claims}
    others = [other for own in before.values() for other in own]
    if not others:
        return {}
    drawn = points.sampling(()).free[:POINTS]  # only parameters: a drawn rate would hide a weight decay
    sweeps = Sweeps(points.graph, {*points.states, *(claim.cell for claim in claims)})
    equal = Matches(points, sweeps, losses).find(others, seconds)

    def first(claim: Claim, among: Iterable[Claim]) -> Iterator[tuple[Claim, Claim]]:
        return islice(((claim, other) for other in among if _is_direction(drawn, claim, other)), 1)

    found = dict(chain(*(first(claim, filter(equal.get, own)) for claim, own in before.items())))
    loss_of = {claim: equal[other][0] for claim, other in found.items()}
    # One of several gradients may have a slip.
    usual = {step_to(claim.cell, other.cell): loss_of[claim] for claim, other in found.items()}
    for claim, own in before.items() if usual else ():
        if claim not in found:
            found.update(first(claim, (other for other in own if step_to(claim.cell, other.cell) in usual)))
    return {
        claim: (other, loss_of.get(claim) or usual[step_to(claim.cell, other.cell)]) for claim, other in found.items()
    }


def _before(points: Points, claim: Claim) -> Iterator[Claim]:
    """Yield a claim for each computed cell that a claim's formula reads."""
    graph = points.graph
    formula = shown_formula(graph, claim)
    for at in dict.fromkeys(graph.cells_read(formula)) if formula is not None else ():
        if at in graph.formulas and at not in points.states and at[1] > 0:
            yield Claim(at, claim.of, "update")


def _is_direction(points: Sequence[Point], claim: Claim, gradient: Claim) -> bool:
    found = [_values(point, claim, gradient.cell) for point in points]
    is_along = all(map(_is_along, found)) and not all(map(_is_linear, found))
    return is_along or _is_decay(found, [point.number(claim.of) or 0.0 for point in points])


def _values(point: Point, claim: Claim, gradient: Place) -> list[tuple[float, float]]:
    """Return (the gradient, the claim's number) for each of `SIZES` with either sign; NaN for no number."""
    graph = point.graph
    formula = shown_formula(graph, claim)
    assert formula is not None
    for at in graph.reads(formula):
        point.number(at)
    between = graph.descendants(gradient, point.states) & graph.reads_of(formula, point.states) - {gradient}
    order = [at for at in graph.numbers if at in between]
    found = []
    for number in (sign * size for size in SIZES for sign in (1.0, -1.0)):
        values = {**point.values, gradient: number}
        for at in order:
            values[at] = graph.value(graph.formulas[at], values, at)
        value = as_float(graph.value(formula, values, claim.cell))
        found.append((number, float("nan") if value is None else value))
    return found


def _is_along(values: Sequence[tuple[float, float]]) -> bool:
    """Return whether each number has the gradient's sign; a small one may be 0, as if rounded."""
    return all(number * value > 0 or (value == 0 and abs(number) < 1) for number, value in values)


def _is_linear(values: Sequence[tuple[float, float]]) -> bool:
    ratios = [value / number for number, value in values]
    return not any(map(isnan, ratios)) and all(nearly_equal(ratio, ratios[0], abs(ratios[0])) for ratio in ratios)


def _is_decay(found: Sequence[Sequence[tuple[float, float]]], parameters: Sequence[float]) -> bool:
    """Return whether a claim is a gradient plus a positive multiple of the parameter, the same at other numbers."""
    ratios = []
    for values, parameter in zip(found, parameters, strict=True):
        rests = [value - number for number, value in values if abs(number) > SIZES[0]]
        if not parameter or not all(nearly_equal(rest, rests[0], abs(rests[0]) + SIZES[-1]) for rest in rests):
            return False
        ratios.append(rests[0] / parameter)
    return ratios[0] > 0 and all(nearly_equal(ratio, ratios[0], abs(ratios[0])) for ratio in ratios)
