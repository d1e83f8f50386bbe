"""Which cells a network's loss is looked for in: one a step."""

from __future__ import annotations

from collections.abc import Collection

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.labels import Labels, is_loss_name, loss_score
from spreadsheet_autograd.find.losses import candidates, choose_losses
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Points


def losses_of(graph: SpreadsheetGraph, labels: Labels, claims: list[Claim], states: Collection[Place]) -> list[Place]:
    """The cells that the sheet's gradients are of; without gradients, what is called a loss; or else the last cells."""
    cut = {*states, *(at for claim in claims if (at := graph.repeated(claim.of)) not in graph.formulas)}
    listed = candidates(graph, labels, claims, cut)
    of_claims, _ = choose_losses(graph, labels, claims, Points(graph, cut, ()), listed)
    chosen = {loss for claim, loss in of_claims.items() if is_loss_name(claim.numerator)}
    kinds = {at: type(graph.numbers.get(at)) for at in graph.formulas if at[1] > 0 and at not in states}
    computed = [at for at, kind in kinds.items() if issubclass(kind, (float, CellError))]
    named = {at for at in computed if any(map(loss_score, labels.beside(at)))}
    called = chosen & named or (set() if chosen else named)
    called |= {at for at in named if issubclass(kinds[at], CellError)}  # of which no gradient can be found
    related = graph.ancestors_of_all(called, states) | graph.descendants_of_all(called, states)
    lines = {line for at in called for line in _lines(labels, at)}
    # What is called so in the same line: in a step where it goes another way it has no gradients.
    alike = {at for at in computed if at not in related and not lines.isdisjoint(_lines(labels, at))}
    chosen = (called or chosen) | alike
    if not chosen and not claims:
        chosen = {at for at in computed if not graph.dependents.get(at)}
    leading = set[Place]().union(*(graph.ancestors(at, states) - {at} for at in chosen))
    order = {sheet: k for k, sheet in enumerate(graph.contents.sheets)}
    return sorted(chosen - leading, key=lambda at: (order[at[0]], at[1], at[2]))


def _lines(labels: Labels, at: Place) -> list[tuple[str, str, int, str | int]]:
    """The row and the column of a cell, each with what the cell is called."""
    return [(labels.name(at), at[0], axis, at[axis]) for axis in (1, 2)]
