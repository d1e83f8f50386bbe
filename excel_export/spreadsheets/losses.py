"""Find the loss that claims are the derivatives of: by its heading, and by which cell's derivatives they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from excel_export.spreadsheets.claims import Claim
from excel_export.spreadsheets.draws import Point, Points
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels, is_loss_name, key, loss_score
from excel_export.spreadsheets.losses_beside import as_those_beside
from excel_export.spreadsheets.near import near, roughly
from excel_export.spreadsheets.places import in_lines
from excel_export.spreadsheets.slopes import Slopes
from excel_export.spreadsheets.syntax import Binary, Call, Number

MOST_CANDIDATES, MOST_IN_ORDER = 12, 200


SMALL = 1e-5
"""How far a parameter of size 1 is moved to see which cells follow."""
FEW_CLAIMS = 4
"""How many are held against each of many candidates."""


def candidates(
    graph: SpreadsheetGraph, labels: Labels, claims: list[Claim], states: Collection[Place], loss: Place | None = None
) -> list[Place]:
    """The cells that may be what is differentiated, the likeliest first: the loss, and what a heading names.

    They are computed, depend on what is claimed to be differentiated by, and are no update and no claim themselves.
    Where the loss is known, it is the only one that no heading names.
    """
    ends = {*states, *(claim.cell for claim in claims)}
    behind = graph.descendants_of_all({graph.origin(claim.of) for claim in claims}, ends) - ends
    behind = {at for at in behind if at[1] > 0 and isinstance(graph.numbers.get(at), float)}
    numerators = _numerators(claims)
    meant = {at for at in behind if any(key(text) in numerators for text in labels.beside(at))} if numerators else set()
    if loss:
        return [loss, *sorted(meant - {loss})]
    scores = {at: max((loss_score(text) for text in labels.beside(at)), default=0) for at in behind}
    named = [at for at in behind if scores[at]]
    last = [at for at in behind if not any(other in behind for other in graph.dependents.get(at, ()))]
    # A loss is often repeated under a heading of its own: the cells with its value may be it.
    values = {graph.numbers[at] for at in named} - {0.0}
    named += [at for at in behind if graph.numbers[at] in values]
    named += [at for total in [*named, *last] for at in _summands(graph, total) if at in behind]
    return sorted({*named, *last, *meant}, key=lambda at: (-scores[at], at[0], at[1], at[2]))


def _summands(graph: SpreadsheetGraph, total: Place) -> tuple[Place, ...]:
    """The cells that are added up in one, as the errors of all examples are."""
    node = graph.formulas.get(total)
    while isinstance(node, Binary) and node.operator in "*/":
        node = node.left if not isinstance(node.left, Number) else node.right
    is_sum = isinstance(node, Call) and node.name in ("SUM", "AVERAGE")
    return tuple(graph.cells_read(node)) if node is not None and is_sum else ()


def _numerators(claims: list[Claim]) -> set[str]:
    return {claim.numerator for claim in claims if not is_loss_name(claim.numerator)}


def meant(claim: Claim, groups: Collection[Place], labels: Labels) -> list[Place]:
    """The candidates that a claim's own heading names, as ∂E1/∂w5 names E1; [] where it means the loss itself."""
    if is_loss_name(claim.numerator):
        return []
    return [at for at in groups if any(key(text) == claim.numerator for text in labels.beside(at))]


def choose_losses(
    graph: SpreadsheetGraph, labels: Labels, claims: list[Claim], points: Points, listed: list[Place]
) -> dict[Claim, Place]:
    """For each claim the cell that it is the derivative of; a claim that no candidate depends on has none."""
    choice = _Choice(labels, points, {graph.origin(claim.of) for claim in claims})
    chosen: dict[Claim, Place] = {}
    numerators = _numerators(claims)
    all_of = _reach(graph, {graph.origin(claim.of) for claim in claims}, points.states, listed)
    called = [at for at in listed if choice.score(at) or any(key(text) in numerators for text in labels.beside(at))]
    for called_only in (True, False):  # first of the cells that are called a loss
        among = called if called_only else listed
        begins = {graph.origin(claim.of) for claim in claims if claim not in chosen}
        reach = _reach(graph, begins, points.states, among) if called_only else all_of
        groups: dict[tuple[str, tuple[Place, ...]], list[Claim]] = {}
        for claim in claims:
            if claim in chosen:
                continue
            found = reach[graph.origin(claim.of)]
            named = meant(claim, found, labels)
            strange = "" if named or is_loss_name(claim.numerator) else claim.numerator
            if called_only and not named:
                found = tuple(loss for loss in found if choice.score(loss))
            found = tuple(named) or found
            if found:
                groups.setdefault((strange, found), []).append(claim)
        for (strange, losses), whole in groups.items():
            in_line = {} if strange else _in_own_line(graph, choice, all_of, whole)
            chosen.update(in_line)
            group = [claim for claim in whole if claim not in in_line]
            if not group:
                continue
            loss, right = choice.best(losses, group)
            if not right and called_only:
                continue
            if strange and not choice.score(loss) and not right:
                continue  # it says that it is the derivative of something else, which has no name here
            is_named = all(meant(claim, [loss], labels) for claim in group)
            is_known = is_named or any(claim.by in ("update", "option") for claim in group)
            if not is_known and not (choice.score(loss) or right):
                continue  # nothing says that these are gradients of it
            # Where all are by the loss itself, it may be that ΔE means how E changes from step to step.
            if is_known or (right and choice.score(loss)) or any(claim.of != loss for claim in group):
                chosen.update(dict.fromkeys(group, loss))
    return as_those_beside(graph, claims, chosen, all_of)


def _in_own_line(
    graph: SpreadsheetGraph, choice: _Choice, reach: Mapping[Place, tuple[Place, ...]], group: list[Claim]
) -> dict[Claim, Place]:
    """Where one parameter has a gradient in each of several rows, or columns, the loss that stands in the same one.

    So it is where each example has a row with its own error, and the weights are the same in all.
    """
    several = [each for each in grouped(group, lambda claim: graph.origin(claim.of)).values() if len(each) > 1]
    for axis in (1, 2) if several else ():
        if any(len(in_lines(each, axis, lambda claim: claim.cell)) < len(each) for each in several):
            continue
        chosen: dict[Claim, Place] = {}
        lines = in_lines(group, axis, lambda claim: claim.cell)
        for line, claims in lines.items():
            losses = reach[graph.origin(claims[0].of)]
            beside = tuple(loss for loss in losses if (loss[0], loss[axis]) == line)
            if beside:
                loss, right = choice.best(beside, claims)
                if right:
                    chosen.update(dict.fromkeys(claims, loss))
        if chosen:
            columns = {loss[3 - axis] for loss in chosen.values()}
            for line, claims in lines.items():  # where all of a row are wrong, its error stands below the others'
                losses = reach[graph.origin(claims[0].of)]
                meant = [loss for loss in losses if (loss[0], loss[axis]) == line and loss[3 - axis] in columns]
                if len(meant) == 1:
                    chosen |= {claim: meant[0] for claim in claims if claim not in chosen}
            return chosen
    return {}


def _reach(
    graph: SpreadsheetGraph, begins: Collection[Place], states: Collection[Place], listed: list[Place]
) -> dict[Place, tuple[Place, ...]]:
    """For each cell the candidates that depend on it; not what depends on a parameter behind it."""
    bits = {at: 1 << k for k, at in enumerate(listed)}
    masks: dict[Place, int] = {}
    for at in reversed([*graph.numbers]):  # what depends on a cell was computed after it
        mask = bits.get(at, 0)
        for other in graph.dependents.get(at, ()):
            mask |= bits.get(other, 0) if other in states else masks.get(other, 0)
        if mask:
            masks[at] = mask
    same: dict[int, tuple[Place, ...]] = {}
    for begin in begins:
        mask = masks.get(begin, 0)
        if mask not in same:
            same[mask] = tuple(at for at in listed if mask & bits[at])
    return {begin: same[masks.get(begin, 0)] for begin in begins}


class _Choice:
    """Chooses the cell that a group of claims are the derivatives of."""

    def __init__(self, labels: Labels, points: Points, by: Collection[Place]) -> None:
        self._labels, self._points, self._graph = labels, points, points.graph
        self._slopes, self._by = Slopes(points.graph), by
        self._scores: dict[Place, int] = {}

    def score(self, loss: Place) -> int:
        """How much it is called a loss."""
        if loss not in self._scores:
            self._scores[loss] = max(map(loss_score, self._labels.beside(loss)), default=0)
        return self._scores[loss]

    def best(self, losses: tuple[Place, ...], group: list[Claim]) -> tuple[Place, int]:
        """The cell of which most claims are right, and how many.

        Of several, it is what is called a loss and is made of least; where no claim is right, what leads to no other.
        """
        are_many = len(losses) > MOST_CANDIDATES
        if are_many:
            in_order = sorted(losses, key=self._order) if len(losses) <= MOST_IN_ORDER else losses
            losses = self._following(in_order, group) or losses[:MOST_CANDIDATES]
        points, ranks = self._points, {}
        for loss in losses:
            self._slopes.want(loss, self._by)
            own = self._agree(points.own, loss, group)
            if are_many and own == sum(bool(claimed(points.own, claim)) for claim in group):
                return loss, own
            usable = points.usable(loss, kept=False, most=1) or points.usable(loss, kept=True, most=1)
            right = own + sum(self._agree(point, loss, group) for point in usable)
            behind = points.size(loss) if right else sum(loss in points.leading(other) for other in losses)
            ranks[loss] = right, self.score(loss), -behind
        best = max(losses, key=lambda loss: ranks[loss])
        return best, ranks[best][0]

    def _order(self, loss: Place) -> tuple[int, int]:
        return -self.score(loss), self._points.size(loss)

    def _following(self, losses: Sequence[Place], group: list[Claim]) -> tuple[Place, ...]:
        """The first few cells that change as most of a few claims say where their parameters change by a little."""
        own, origin = self._points.own, self._graph.origin
        numbers = {origin(claim.of): number for claim in group if (number := claimed(own, claim))}
        few = []
        for by, slope in [*numbers.items()][:: max(1, len(numbers) // FEW_CLAIMS)][:FEW_CLAIMS]:
            step = SMALL * max(1.0, abs(own.number(by) or 0.0))
            few.append((own.shifted(by, -step), own.shifted(by, step), slope * 2 * step))

        def count(loss: Place) -> int:
            changes = ((below.number(loss), above.number(loss), change) for below, above, change in few)
            return sum(low is not None and high is not None and roughly(high - low, change)
                       for low, high, change in changes)  # fmt: skip

        for k in range(0, len(losses), MOST_CANDIDATES):
            counts = {loss: count(loss) for loss in losses[k : k + MOST_CANDIDATES]}
            most = max(counts.values())
            if most and 2 * most >= len(few):
                return tuple(sorted((loss for loss in counts if counts[loss] == most), key=self._order))
        return ()

    def _agree(self, point: Point, loss: Place, group: list[Claim]) -> int:
        """How many claims are right at a choice of numbers."""
        right = 0
        for claim in group:
            slope = self._slopes(loss, self._graph.origin(claim.of), point)
            if slope is None:
                return 0
            number = claimed(point, claim)
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
