"""Which cells lead to a claim, and what each of them must give for the claim to be right."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.claims import Claim
from excel_export.spreadsheets.draws import Point
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.mended import Mended
from excel_export.spreadsheets.near import near
from excel_export.spreadsheets.syntax import Node
from excel_export.spreadsheets.verdicts import Verdict


def cone_of(graph: SpreadsheetGraph, states: Collection[Place], claim: Claim, formula: Node) -> Iterator[Place]:
    """Yield the claim's cell and what leads to it, the nearest first."""
    seen = {claim.cell: None}
    todo = [(claim.cell, formula)]
    for _, node in todo:
        for at in graph.cells_read(node):
            if at not in seen and at not in states:
                seen[at] = None
                other = graph.formulas.get(at)
                if other is not None:
                    todo.append((at, other))
    for at in seen:
        if at == claim.cell or at in graph.formulas:
            yield at


def needed_in(mended: Mended, verdict: Verdict, cell: Place) -> list[tuple[Point, float]] | None:
    """What a cell must give for the claim to be right, where it goes into it linearly.

    At some choices of numbers it doesn't matter, as where a unit is off: these are left out.
    """
    if cell == verdict.claim.cell:
        return [*zip(verdict.points, verdict.truths, strict=True)]
    if cell[1] < 0:
        return None
    needed = []
    for point, truth in zip(verdict.points, verdict.truths, strict=True):
        at_0, at_1, at_2 = (mended.value(verdict.claim, point, {cell: x}) for x in (0.0, 1.0, 2.0))
        if at_0 is None or at_1 is None or at_2 is None:
            return None
        slope = at_1 - at_0
        if slope == 0 and near(at_0, truth):
            continue
        if slope == 0 or not near(at_2 - at_1, slope, abs(at_0) + abs(at_1)):
            return None
        needed.append((point, (truth - at_0) / slope))
    return needed if len(needed) > 1 or len(needed) == len(verdict.points) else None
