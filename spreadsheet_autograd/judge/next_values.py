"""Parameters on their way to the next step: those that stay as they are where others learn, or come from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.updates import Update, element
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.findings import Finding, by_sheet, most
from spreadsheet_autograd.language.places import Step, along, in_lines, moved, step_to
from spreadsheet_autograd.language.syntax import Cell, address, written


def not_updated(graph: SpreadsheetGraph, updates: Sequence[Update], claims: Mapping[Place, Claim]) -> Iterator[Finding]:
    """Yield the cells that repeat a parameter, or hold something else, where its next value belongs."""
    for group in by_sheet(updates):
        step = most([step_to(update.new, update.old) for update in group])
        if step is None:
            continue
        learnt = {update.old for update in updates}
        found = {**_with_claims(graph, step, group, claims, learnt), **_repeated(graph, step, group, claims)}
        for new, cell in found.items():
            old = address(along(new, step))
            yield Finding(new, "not updated", f"doesn't update {old}, whose gradient stands in {address(cell)}")


def carried(graph: SpreadsheetGraph, updates: Sequence[Update]) -> Iterator[Finding]:
    """Yield the parameters with which a further block or sheet begins, and which are none that the step before gave.

    They repeat another cell than those beside them do, and what is meant is an update, too.
    """
    news = {update.new for update in updates}
    repeats = [(update.old, graph.formulas.get(update.old)) for update in updates]
    repeated = {old: node.place for old, node in repeats if isinstance(node, Cell) and node.place in news}
    taken = {*repeated.values()}
    for axis in (1, 2):
        for line in in_lines(repeated, axis, lambda at: at).values():
            usual = most([step_to(at, repeated[at]) for at in line]) if len(line) > 2 else None
            for at in line if usual else ():
                meant = along(at, usual)  # type: ignore[arg-type]
                if repeated[at] != meant and meant in news - taken:
                    yield Finding(at, "parameter", f"begins from {address(repeated[at])}, not from {address(meant)}")


def frozen(graph: SpreadsheetGraph, updates: Sequence[Update], cells: Collection[Place]) -> Iterator[Finding]:
    """Yield the updates that don't follow their gradient at all: copies of one are one finding."""
    patterns = CopiedFormulas(graph)
    reported: set[Place] = set()
    for new in (update.new for update in updates):
        if new in cells and new not in reported:
            copies = [at for at in patterns.copies(new) if at in cells]
            reported.update(copies)
            more = f" (and {len(copies) - 1} more like it)" if len(copies) > 1 else ""
            yield Finding(new, "not updated", f"multiplies its step by 0, so that nothing is learnt{more}")


def retyped(graph: SpreadsheetGraph, states: Collection[Place]) -> Iterator[Finding]:
    """Yield the parameters that are typed where those beside them come from the step before."""
    patterns = CopiedFormulas(graph)
    for at in states:
        node = patterns.expected(at) if at not in graph.formulas and at[1] > 0 else None
        if node is None or not isinstance(graph.numbers.get(at), float):
            continue
        reads = {*graph.cells_read(node)}
        if (
            reads
            and any(other in graph.formulas for other in reads)
            and all(isinstance(graph.numbers.get(other), float) for other in reads)
        ):
            formula = f"={written(node, at[0])}"
            yield Finding(at, "not updated", f"is typed; as those beside it, it would be {formula}")


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
        new = moved((sheet, *of[1:]), -step[1], -step[2])
        is_one = of not in learnt and of[:2] in rows and min(new[1:]) >= 1 and _is_parameter(graph, of, learnt)
        if is_one and new in graph.contents.cells:
            found[new] = claim.cell
    return found


def _is_parameter(graph: SpreadsheetGraph, of: Place, learnt: Collection[Place]) -> bool:
    source = graph.repeated(of)
    return not graph.is_formula(source) or source in learnt or graph.repeated(of) != of


def _repeated(
    graph: SpreadsheetGraph, step: Step, group: Sequence[Update], claims: Mapping[Place, Claim]
) -> dict[Place, Place]:
    """The cells that only repeat a parameter, although there is a gradient for it, which nothing else takes."""
    sheet = group[0].new[0]
    sources = most([step_to(update.new, update.source) for update in group if update.source])
    lines = {(axis, update.new[axis]) for update in group for axis in (1, 2)}
    of = {claim.of: claim.cell for claim in claims.values()}
    of_source = {graph.repeated(claim.of): claim.cell for claim in claims.values()}
    taken = {update.source for update in group}
    found = {}
    for new in graph.formulas:
        if new[0] != sheet or new[1] < 1 or not any((axis, new[axis]) in lines for axis in (1, 2)):
            continue
        node = element(graph, new)
        if not isinstance(node, Cell) or node.place != along(new, step):
            continue
        cell = of.get(node.place)
        unused = along(new, sources) if sources else None
        if cell is None and unused and graph.is_formula(unused) and not graph.dependents.get(unused):
            cell = unused
        cell = cell or of_source.get(node.place)
        if cell and cell not in taken:
            found[new] = cell
    return found
