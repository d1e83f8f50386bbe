"""Parameters that stay as they are from step to step, where those beside them learn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.claims import Claim
from excel_export.spreadsheets.findings import Finding, by_sheet, most
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.regions import Regions
from excel_export.spreadsheets.syntax import Cell, address
from excel_export.spreadsheets.updates import Update, element

Step = tuple[str, int, int]
"""Another cell as it is seen from the new value: its sheet, and how many rows and columns further."""


def not_updated(graph: SpreadsheetGraph, updates: Sequence[Update], claims: Mapping[Place, Claim]) -> Iterator[Finding]:
    """Yield the cells that repeat a parameter, or hold something else, where its next value belongs."""
    yield from _frozen(graph, updates)
    for group in by_sheet(updates):
        step = most([_seen(update.new, update.old) for update in group])
        if step is None:
            continue
        learnt = {update.old for update in updates}
        found = {**_with_claims(graph, step, group, claims, learnt), **_repeated(graph, step, group, claims)}
        for new, cell in found.items():
            old = address(_from(new, step))
            yield Finding(new, "not updated", f"doesn't update {old}, whose gradient stands in {address(cell)}")


def _frozen(graph: SpreadsheetGraph, updates: Sequence[Update]) -> Iterator[Finding]:
    """Yield the updates whose step is multiplied by 0: copies of one are one finding."""
    regions = Regions(graph)
    frozen = [update.new for update in updates if update.is_frozen]
    told: set[Place] = set()
    for new in frozen:
        if new not in told:
            copies = [at for at in regions.copies(new) if at in frozen]
            told.update(copies)
            more = f" (and {len(copies) - 1} more like it)" if len(copies) > 1 else ""
            yield Finding(new, "not updated", f"multiplies its step by 0, so that nothing is learnt{more}")


def _seen(new: Place, other: Place) -> Step:
    return other[0], other[1] - new[1], other[2] - new[2]


def _from(new: Place, step: Step) -> Place:
    return step[0], new[1] + step[1], new[2] + step[2]


def _with_claims(
    graph: SpreadsheetGraph,
    step: Step,
    group: Sequence[Update],
    claims: Mapping[Place, Claim],
    learnt: Collection[Place],
) -> dict[Place, Place]:
    """The cells a step below a parameter that has a gradient, in a row of others that learn."""
    sheet, rows = group[0].new[0], {update.old[:2] for update in group}
    if step[0] != sheet or step[1] == 0:
        return {}
    found = {}
    for claim in claims.values():
        of = claim.of
        new = (sheet, of[1] - step[1], of[2] - step[2])
        is_one = of not in learnt and of[:2] in rows and min(new[1:]) >= 1 and _is_parameter(graph, of, learnt)
        if is_one and new in graph.contents.cells:
            found[new] = claim.cell
    return found


def _is_parameter(graph: SpreadsheetGraph, of: Place, learnt: Collection[Place]) -> bool:
    origin = graph.origin(of)
    return not graph.is_formula(origin) or origin in learnt or graph.origin(of) != of


def _repeated(
    graph: SpreadsheetGraph, step: Step, group: Sequence[Update], claims: Mapping[Place, Claim]
) -> dict[Place, Place]:
    """The cells that only repeat a parameter, although there is a gradient for it, which nothing else takes."""
    sheet = group[0].new[0]
    sources = most([_seen(update.new, update.source) for update in group if update.source])
    lines = {(axis, update.new[axis]) for update in group for axis in (1, 2)}
    of = {claim.of: claim.cell for claim in claims.values()}
    of_origin = {graph.origin(claim.of): claim.cell for claim in claims.values()}
    taken = {update.source for update in group}
    found = {}
    for new in graph.formulas:
        if new[0] != sheet or new[1] < 1 or not any((axis, new[axis]) in lines for axis in (1, 2)):
            continue
        node = element(graph, new)
        if not isinstance(node, Cell) or node.place != _from(new, step):
            continue
        cell = of.get(node.place)
        unused = _from(new, sources) if sources else None
        if cell is None and unused and graph.is_formula(unused) and not graph.dependents.get(unused):
            cell = unused
        cell = cell or of_origin.get(node.place)
        if cell and cell not in taken:
            found[new] = cell
    return found
