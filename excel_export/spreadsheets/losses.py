"""Find the loss that claims are the derivatives of: by its heading, and by which cell's derivatives they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.claims import Claim
from excel_export.spreadsheets.draws import Point, Points
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels, is_loss_name, key, loss_score

MOST_CANDIDATES = 12


class Near(NamedTuple):
    """When two numbers are taken for the same."""

    relative: float = 1e-9
    absolute: float = 1e-12

    def __call__(self, a: float, b: float, scale: float = 1.0) -> bool:
        """Whether they are."""
        return abs(a - b) <= self.relative * max(abs(a), abs(b)) + self.absolute * scale


near = Near()
roughly = Near(1e-3)
SMALL = 1e-5
"""How far a parameter of size 1 is moved to see which cells follow."""


def candidates(
    graph: SpreadsheetGraph, labels: Labels, claims: list[Claim], states: Collection[Place], loss: Place | None = None
) -> list[Place]:
    """The cells that may be what is differentiated, the likeliest first: the loss, and what a heading names.

    They are computed, depend on what is claimed to be differentiated by, and are no update and no claim themselves.
    Where the loss is known, it is the only one that no heading names.
    """
    behind: set[Place] = set()
    ends = {*states, *(claim.cell for claim in claims)}
    for of in {graph.origin(claim.of) for claim in claims}:
        behind |= graph.descendants(of, ends)
    behind -= ends
    behind = {at for at in behind if at[1] > 0 and isinstance(graph.numbers.get(at), float)}
    numerators = {claim.numerator for claim in claims if not is_loss_name(claim.numerator)}
    meant = {at for at in behind if any(key(text) in numerators for text in labels.beside(at))} if numerators else set()
    if loss:
        return [loss, *sorted(meant - {loss})]
    scores = {at: max((loss_score(text) for text in labels.beside(at)), default=0) for at in behind}
    named = [at for at in behind if scores[at]]
    last = [at for at in behind if not any(other in behind for other in graph.dependents.get(at, ()))]
    # A loss is often repeated under a heading of its own: the cells with its value may be it.
    values = {graph.numbers[at] for at in named}
    named += [at for at in behind if graph.numbers[at] in values]
    return sorted({*named, *last, *meant}, key=lambda at: (-scores[at], at[0], at[1], at[2]))


def meant(claim: Claim, groups: Collection[Place], labels: Labels) -> list[Place]:
    """The candidates that a claim's own heading names, as ∂E1/∂w5 names E1; [] where it means the loss itself."""
    if is_loss_name(claim.numerator):
        return []
    return [at for at in groups if any(key(text) == claim.numerator for text in labels.beside(at))]


def choose_losses(
    graph: SpreadsheetGraph, labels: Labels, claims: list[Claim], points: Points, listed: list[Place]
) -> dict[Claim, Place]:
    """For each claim the cell that it is the derivative of; a claim that no candidate depends on has none."""
    reach: dict[Place, list[Place]] = {}
    for claim in claims:
        of = graph.origin(claim.of)
        if of not in reach:
            behind = graph.descendants(of, points.states)
            reach[of] = [loss for loss in listed if loss in behind]
    groups: dict[tuple[str, tuple[Place, ...]], list[Claim]] = {}
    for claim in claims:
        found = reach[graph.origin(claim.of)]
        named = meant(claim, found, labels)
        strange = "" if named or is_loss_name(claim.numerator) else claim.numerator
        found = named or found
        if found:
            groups.setdefault((strange, tuple(found)), []).append(claim)
    chosen: dict[Claim, Place] = {}
    for (strange, losses), group in groups.items():
        losses = _likeliest(points.own, losses, group)[:MOST_CANDIDATES]
        loss = losses[0] if len(losses) == 1 else _best(graph, points, losses, group)
        if strange and not loss_score(strange) and not _agrees(points.own, loss, group):
            continue  # it says that it is the derivative of something else, which has no name here
        is_named = all(meant(claim, losses, labels) for claim in group)
        is_known = is_named or any(claim.by in ("update", "option") for claim in group)
        if not is_known and not _is_meant(labels, points, loss, group):
            continue  # nothing says that these are gradients of it
        chosen.update(dict.fromkeys(group, loss))
    return chosen


def _is_meant(labels: Labels, points: Points, loss: Place, group: list[Claim]) -> bool:
    """Whether headings alone mean the derivatives of a cell: it is called a loss, or one of them is right."""
    if all(claim.of == loss for claim in group):
        return False
    return any(map(loss_score, labels.beside(loss))) or _agrees(points.own, loss, group) > 0


def _likeliest(point: Point, losses: tuple[Place, ...], group: list[Claim]) -> tuple[Place, ...]:
    """Of very many candidates, first those that change as a claim says where its parameter changes by a little."""
    numbers = [(claim, number) for claim in group if (number := claimed(point, claim))]
    if len(losses) <= MOST_CANDIDATES or not numbers:
        return losses
    claim, slope = numbers[0]
    by = point.graph.origin(claim.of)
    step = SMALL * max(1.0, abs(point.number(by) or 0.0))
    below, above = point.shifted(by, -step), point.shifted(by, step)

    def fits(loss: Place) -> bool:
        low, high = below.number(loss), above.number(loss)
        return low is not None and high is not None and roughly((high - low) / (2 * step), slope)

    return tuple(sorted(losses, key=lambda loss: not fits(loss)))


def _best(graph: SpreadsheetGraph, points: Points, losses: tuple[Place, ...], group: list[Claim]) -> Place:
    best, most = losses[0], -1
    for loss in losses:
        usable = points.usable(loss, kept=False)[:1] or points.usable(loss, kept=True)[:1]
        right = sum(_agrees(point, loss, group) for point in (*usable, points.own))
        if right > most:
            best, most = loss, right
    return best


def _agrees(point: Point, loss: Place, group: list[Claim]) -> int:
    by = {claim: point.graph.origin(claim.of) for claim in group}
    slopes = point.gradients(loss, {*by.values()})
    if slopes is None:
        return 0
    right = 0
    for claim in group:
        number = claimed(point, claim)
        slope = slopes[by[claim]]
        right += number is not None and slope != 0 and near(number, slope)
    return right


def claimed(point: Point, claim: Claim) -> float | None:
    """What a claim says at a choice of numbers."""
    if claim.formula is None:
        return point.number(claim.cell)
    for at in point.graph.reads(claim.formula):
        point.number(at)
    value = point.graph.value(claim.formula, point.values, claim.cell)
    return value if isinstance(value, float) else None
