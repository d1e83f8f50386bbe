"""Which cells a network's loss is looked for in: one a step."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.labels import Labels, is_loss_name, loss_score
from spreadsheet_autograd.find.losses import candidates, choose_losses
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Points


def losses_of(graph: SpreadsheetGraph, labels: Labels, claims: list[Claim], states: Collection[Place]) -> list[Place]:
    """The cells that the sheet's gradients are of; without gradients, what is called a loss; or else the last cells."""
    starts = {at for at in {graph.repeated(claim.of) for claim in claims} if at not in graph.formulas}
    cut = {*states, *starts}
    listed = candidates(graph, labels, claims, cut)
    points = Points(graph, cut, ())
    of_claims, _ = choose_losses(graph, labels, claims, points, listed)
    chosen = {loss for claim, loss in of_claims.items() if is_loss_name(claim.numerator)}
    numbers = graph.numbers
    computed = [
        at
        for at in graph.formulas
        if at[1] > 0
        and at not in states
        and at not in graph.left_out
        and isinstance(numbers.get(at), (float, CellError))
    ]
    named = {at for at in computed if any(map(loss_score, labels.beside(at)))}
    called = chosen & named or (set() if chosen else named)
    called |= {at for at in named if isinstance(numbers[at], CellError)}  # of which no gradient can be found
    chosen = called or chosen
    chosen |= _alike(graph, labels, called, computed, states)
    if not chosen and not claims:
        chosen = {at for at in computed if not graph.dependents.get(at)}
    leading = {at: graph.ancestors(at, states) for at in chosen}
    order = {sheet: k for k, sheet in enumerate(graph.contents.sheets)}
    last = [at for at in chosen if not any(at in leading[other] for other in chosen if other != at)]
    return sorted(last, key=lambda at: (order[at[0]], at[1], at[2]))


def _alike(
    graph: SpreadsheetGraph, labels: Labels, losses: Collection[Place], computed: Sequence[Place],
    states: Collection[Place],
) -> set[Place]:  # fmt: skip
    """What is called like a loss in its row or column: in a step where it goes another way it has no gradients."""
    lines = {(labels.name(at), at[0], *line) for at in losses for line in ((0, at[1]), (1, at[2]))}
    leading = graph.ancestors_of_all(losses, states) if losses else set()
    behind = graph.descendants_of_all(losses, states) if losses else set()
    return {
        at
        for at in computed
        if at not in leading
        and at not in behind
        and any((labels.name(at), at[0], *line) in lines for line in ((0, at[1]), (1, at[2])))
    }
