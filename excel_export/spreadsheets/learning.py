"""How a sheet learns: whether each update takes its own parameter, its own gradient and the one learning rate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.algebra import terms_of
from excel_export.spreadsheets.claims import Claim
from excel_export.spreadsheets.findings import MOST, Finding, by_sheet, most
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels, is_rate
from excel_export.spreadsheets.memory import memory_findings
from excel_export.spreadsheets.near import near
from excel_export.spreadsheets.next_values import carried, not_updated
from excel_export.spreadsheets.places import moved, way
from excel_export.spreadsheets.syntax import Cell, address, fixed_address
from excel_export.spreadsheets.updates import Update

MOST_ROWS_BETWEEN = 2


def learning_findings(
    graph: SpreadsheetGraph,
    labels: Labels,
    updates: Sequence[Update],
    claims: Mapping[Place, Claim],
    right: Collection[Place],
) -> list[Finding]:
    """Tell what is wrong in the updates of a workbook.

    Args:
        graph: the workbook.
        labels: its headings.
        updates: what was found.
        claims: what claims to be a gradient, by its cell.
        right: the cells of those that are right.
    """
    found = [*_signs(updates), *_rates(graph, labels, updates), *_parameters(graph, updates, claims)]
    found += _gradients(graph, updates, claims, right)
    found += carried(graph, updates)
    found += not_updated(graph, updates, claims)
    found += memory_findings(graph, labels, updates)
    return sorted({_home(graph, finding): finding for finding in reversed(found)}.values())


def _home(graph: SpreadsheetGraph, finding: Finding) -> tuple[Place, str]:
    """Where a finding stands; of an array formula, all elements have it."""
    home = graph.home(finding.cell)
    return home, "" if home == finding.cell else finding.kind


def _offset(one: Place, other: Place) -> tuple[bool, int, int]:
    return one[0] == other[0], *way(one, other)


def _rates(graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update]) -> Iterator[Finding]:
    for group in by_sheet([update for update in updates if update.rate]):
        usual = _called_a_rate(graph, labels, [graph.origin(update.rate) for update in group if update.rate])
        # Where there are several rates, each may have a block of rows of its own.
        for block in [group] if usual else _by_rows(group):
            yield from _rates_of(graph, block, usual)


def _rates_of(graph: SpreadsheetGraph, group: Sequence[Update], usual: Place | None) -> Iterator[Finding]:
    pairs = [(update, update.rate) for update in group if update.rate]
    rates = [graph.origin(rate) for _, rate in pairs]
    usual = usual or most(rates)
    moving = None if usual else most([_in_column(update.new, rate) for update, rate in pairs])
    steps = {_offset(update.new, rate) for update, rate in pairs if graph.origin(rate) == usual}
    for (update, rate), origin in zip(pairs, rates, strict=True):
        text = f"takes {address(rate)} for the learning rate"
        if usual and origin != usual and _offset(update.new, rate) in steps:
            fixed = fixed_address(usual)
            yield Finding(update.new, "rate", f"{text}. Write {fixed}: without $ it moves when it is copied")
        elif usual and origin != usual:
            yield Finding(update.new, "rate", f"{text}; the others take {address(usual)}")
        elif moving and moving != _in_column(update.new, rate):
            meant = (moving[0], update.new[1] + moving[1], moving[2])
            yield Finding(update.new, "rate", f"{text}, not {address(meant)}")
        elif not isinstance(graph.numbers.get(origin), float):
            yield Finding(update.new, "rate", f"{text}, which holds none")


def _in_column(new: Place, rate: Place) -> tuple[str, int, int]:
    """Where a rate stands that each step has in a row of its own."""
    return rate[0], rate[1] - new[1], rate[2]


def _by_rows(group: Sequence[Update]) -> list[list[Update]]:
    """The updates in blocks, between which more than a row is free of them."""
    blocks: list[list[Update]] = []
    for update in sorted(group, key=lambda update: update.new[1:]):
        if not blocks or update.new[1] - blocks[-1][-1].new[1] > MOST_ROWS_BETWEEN:
            blocks.append([])
        blocks[-1].append(update)
    return blocks


def _called_a_rate(graph: SpreadsheetGraph, labels: Labels, rates: Sequence[Place]) -> Place | None:
    """The cell that is called a rate and holds one, where there is one such cell alone."""
    called = {at for at in rates if isinstance(graph.numbers.get(at), float) and any(map(is_rate, labels.beside(at)))}
    return called.pop() if len(called) == 1 else None


def _signs(updates: Sequence[Update]) -> Iterator[Finding]:
    for update in updates:
        if update.is_turned:
            does, others = ("adds", "subtract") if update.adds else ("subtracts", "add")
            yield Finding(update.new, "sign", f"{does} the step in {address(update.at)}; the others {others} theirs")
        elif update.ascends and update.cell:
            text = f"adds {address(update.cell)}: with the gradient the loss grows, so it must be subtracted"
            yield Finding(update.new, "sign", text)


def _parameters(graph: SpreadsheetGraph, updates: Sequence[Update], claims: Mapping[Place, Claim]) -> Iterator[Finding]:
    for group in by_sheet(updates):
        steps = [_offset(update.new, update.old) for update in group]
        usual = most(steps)
        if usual is None:
            continue
        for update, step in zip(group, steps, strict=True):
            claim = claims.get(update.cell) if update.cell else None
            if claim and claim.by != "update" and graph.origin(claim.of) == graph.origin(update.old):
                continue  # its gradient is that of what it begins from
            if step != usual and step[0] == usual[0]:
                meant = moved(update.new, *usual[1:])
                if min(meant[1:]) >= 1 and _is_usual_beside(update, group, usual, lambda other: other.old):
                    text = f"begins from {address(update.old)}, not from {address(meant)}"
                    yield Finding(update.new, "parameter", text)


def _is_of(graph: SpreadsheetGraph, claim: Claim, old: Place) -> bool:
    """Whether a claim is the derivative by a parameter; or by that parameter and a step, as Nesterov's is."""
    of = graph.origin(claim.of)
    if of == graph.origin(old):
        return True
    formula = graph.formulas.get(of)
    terms = [] if formula is None else [*terms_of(formula)]
    return any(sign > 0 and isinstance(term, Cell) and graph.origin(term.place) == graph.origin(old)
               for sign, term in terms)  # fmt: skip


def _is_usual_beside(
    update: Update, group: Sequence[Update], usual: tuple[bool, int, int], read: Callable[[Update], Place | None]
) -> bool:
    """Whether most updates beside it, in its row or column, read what stands the usual step away."""
    beside = [
        other
        for other in group
        if other is not update and (other.new[1] == update.new[1] or other.new[2] == update.new[2])
    ]
    good = sum((at := read(other)) is not None and _offset(other.new, at) == usual for other in beside)
    return bool(beside) and good >= MOST * len(beside)


def _gradients(
    graph: SpreadsheetGraph, updates: Sequence[Update], claims: Mapping[Place, Claim], right: Collection[Place]
) -> Iterator[Finding]:
    by_heading = {graph.origin(claim.of): claim.cell for claim in claims.values() if claim.by in ("heading", "block")}
    for group in by_sheet([update for update in updates if update.source]):
        steps = [_offset(update.new, update.source) for update in group if update.source]
        usual, through = most(steps), most([_offset(update.new, update.at) for update in group])
        usual_old = most([_offset(update.new, update.old) for update in group])
        for update, step in zip(group, steps, strict=True):
            taken = update.source
            assert taken
            # Where it goes through a velocity, or a step in a cell of its own, that cell may be the wrong one.
            is_usual = update.at != update.new and taken != update.at and _offset(update.new, update.at) == through
            place = update.at if is_usual else update.new
            learns = "takes" if is_usual else "learns with"
            claim = claims.get(taken)
            if claim and taken in right and _is_of(graph, claim, update.old):
                continue
            named = by_heading.get(graph.origin(update.old))
            if claim is None and named and graph.origin(taken) != named:
                if _is_same_number(graph, taken, named):
                    continue  # the gradient stands in two places
                text = f"{learns} {address(taken)}; the gradient of {address(update.old)} is {address(named)}"
                yield Finding(place, "gradient", text)
                continue
            if claim and claim.by == "update" and claim.of == update.old and (usual is None or step == usual):
                continue
            repeated = claims.get(graph.origin(taken))
            if repeated and graph.origin(repeated.of) == graph.origin(update.old):
                continue  # as the first velocity of momentum repeats the first gradient
            if claim and claim.by != "option" and not _is_of(graph, claim, update.old):
                if usual is not None and step == usual and _offset(update.new, update.old) != usual_old:
                    continue  # the parameter is the wrong one, which is told already
                what = "gradient" if update.cell else "step"
                text = f"{learns} {address(taken)}, which is the {what} of {address(claim.of)}"
                yield Finding(place, "gradient", text)
            elif usual is not None and step != usual and step[0] == usual[0] and (
                not claim or claim.by == "update"
            ) and _is_usual_beside(update, group, usual, lambda other: other.source):  # fmt: skip
                meant = moved((taken[0], *update.new[1:]), *usual[1:])
                if graph.is_formula(meant):
                    yield Finding(place, "gradient", f"{learns} {address(taken)}, not with {address(meant)}")


def _is_same_number(graph: SpreadsheetGraph, one: Place, other: Place) -> bool:
    a, b = graph.numbers.get(one), graph.numbers.get(other)
    return isinstance(a, float) and isinstance(b, float) and near(a, b, scale=0.0)
