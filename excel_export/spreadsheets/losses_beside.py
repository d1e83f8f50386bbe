"""Claims in one line are derivatives of the same loss, or each of the one that stands as far from it as the others'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.claims import Claim
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import is_loss_name
from excel_export.spreadsheets.places import along, in_lines, step_to

FEWEST = 3


def as_those_beside(
    graph: SpreadsheetGraph,
    claims: Sequence[Claim],
    chosen: Mapping[Claim, Place],
    reach: Mapping[Place, tuple[Place, ...]],
) -> dict[Claim, Place]:
    """Choose the loss of a claim as most claims in its column, or its row, have theirs.

    A slip may make a gradient that of another cell: without its 1/n, the one of an example's error.

    Args:
        graph: the workbook.
        claims: all claims.
        chosen: the cell that each is held against.
        reach: for each cell those that may be a loss and depend on it.
    """
    found = {**chosen}
    for axis in (2, 1):
        of_losses = [claim for claim in claims if is_loss_name(claim.numerator)]
        for line in in_lines(of_losses, axis, lambda claim: claim.cell).values():
            votes = Counter(form for claim in line if claim in found for form in _forms(claim, found[claim]))
            if len(line) < FEWEST or not votes:
                continue
            usual, count = votes.most_common(1)[0]
            if 2 * count <= len(line):
                continue
            for claim in line:
                meant = _meant(claim, usual)
                if found.get(claim) != meant and meant in reach[graph.origin(claim.of)]:
                    found[claim] = meant
    return found


def _forms(claim: Claim, loss: Place) -> tuple[tuple[bool, Place], tuple[bool, Place]]:
    """The loss as a fixed cell, and as one that moves with the claim."""
    return (True, loss), (False, step_to(claim.cell, loss))


def _meant(claim: Claim, form: tuple[bool, Place]) -> Place:
    is_fixed, place = form
    return place if is_fixed else along(claim.cell, place)
