"""How a sheet learns: whether each update takes its own parameter, its own gradient and the one learning rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.claims import Claim
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels, is_rate
from excel_export.spreadsheets.losses import near
from excel_export.spreadsheets.memory import MOST, Finding, memory_findings
from excel_export.spreadsheets.syntax import address, fixed_address
from excel_export.spreadsheets.updates import Update

T = TypeVar("T", bound=Hashable)


def learning_findings(
    graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update], claims: Mapping[Place, Claim]
) -> list[Finding]:
    """Tell what is wrong in the updates of a workbook."""
    found = [*_signs(updates), *_rates(graph, labels, updates), *_parameters(graph, updates, claims)]
    found += _gradients(graph, updates, claims)
    found += _not_updated(graph, updates, claims)
    found += memory_findings(graph, labels, updates)
    return sorted({finding.cell: finding for finding in reversed(found)}.values())


def _most(items: Sequence[T]) -> T | None:
    """What most of them are; None where there is no such thing."""
    if not items:
        return None
    best, count = Counter(items).most_common(1)[0]
    return best if count >= max(2, MOST * len(items)) else None


def _offset(one: Place, other: Place) -> tuple[bool, int, int]:
    return one[0] == other[0], other[1] - one[1], other[2] - one[2]


def _rates(graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update]) -> Iterator[Finding]:
    for group in _by_sheet([update for update in updates if update.rate]):
        pairs = [(update, update.rate) for update in group if update.rate]
        rates = [graph.origin(rate) for _, rate in pairs]
        usual = _called_a_rate(graph, labels, rates) or _most(rates)
        steps = {_offset(update.new, rate) for update, rate in pairs if graph.origin(rate) == usual}
        for (update, rate), origin in zip(pairs, rates, strict=True):
            text = f"takes {address(rate)} for the learning rate"
            if usual and origin != usual and _offset(update.new, rate) in steps:
                fixed = fixed_address(usual)
                yield Finding(update.new, "rate", f"{text}. Write {fixed}: without $ it moves when it is copied")
            elif usual and origin != usual:
                yield Finding(update.new, "rate", f"{text}; the others take {address(usual)}")
            elif not isinstance(graph.numbers.get(origin), float):
                yield Finding(update.new, "rate", f"{text}, which holds none")


def _called_a_rate(graph: SpreadsheetGraph, labels: Labels, rates: Sequence[Place]) -> Place | None:
    """The cell that is called a rate and holds one, where there is one such cell alone."""
    called = {at for at in rates if isinstance(graph.numbers.get(at), float) and any(map(is_rate, labels.beside(at)))}
    return called.pop() if len(called) == 1 else None


def _by_sheet(updates: Sequence[Update]) -> list[list[Update]]:
    groups: dict[str, list[Update]] = {}
    for update in updates:
        groups.setdefault(update.new[0], []).append(update)
    return [*groups.values()]


def _signs(updates: Sequence[Update]) -> Iterator[Finding]:
    for update in updates:
        if update.ascends and update.cell:
            text = f"adds {address(update.cell)}: with the gradient the loss grows, so it must be subtracted"
            yield Finding(update.new, "sign", text)


def _parameters(graph: SpreadsheetGraph, updates: Sequence[Update], claims: Mapping[Place, Claim]) -> Iterator[Finding]:
    for group in _by_sheet(updates):
        steps = [_offset(update.new, update.old) for update in group]
        usual = _most(steps)
        if usual is None:
            continue
        for update, step in zip(group, steps, strict=True):
            claim = claims.get(update.cell) if update.cell else None
            if claim and claim.by != "update" and graph.origin(claim.of) == graph.origin(update.old):
                continue  # its gradient is that of what it begins from
            if step != usual and step[0] == usual[0]:
                meant = (update.new[0], update.new[1] + usual[1], update.new[2] + usual[2])
                if min(meant[1:]) >= 1 and _is_same_kind(update, group, usual):
                    text = f"begins from {address(update.old)}, not from {address(meant)}"
                    yield Finding(update.new, "parameter", text)


def _is_same_kind(update: Update, group: Sequence[Update], usual: tuple[bool, int, int]) -> bool:
    """Whether most updates beside it, in its row or column, go by the usual step."""
    beside = [
        other
        for other in group
        if other is not update and (other.new[1] == update.new[1] or other.new[2] == update.new[2])
    ]
    return bool(beside) and sum(_offset(other.new, other.old) == usual for other in beside) >= MOST * len(beside)


def _gradients(graph: SpreadsheetGraph, updates: Sequence[Update], claims: Mapping[Place, Claim]) -> Iterator[Finding]:
    by_heading = {graph.origin(claim.of): claim.cell for claim in claims.values() if claim.by in ("heading", "block")}
    for group in _by_sheet([update for update in updates if update.cell]):
        steps = [_offset(update.new, update.cell) for update in group if update.cell]
        usual = _most(steps)
        for update, step in zip(group, steps, strict=True):
            assert update.cell
            claim = claims.get(update.cell)
            named = by_heading.get(graph.origin(update.old))
            if claim is None and named and graph.origin(update.cell) != named:
                if _is_same_number(graph, update.cell, named):
                    continue  # the gradient stands in two places
                text = f"learns with {address(update.cell)}; the gradient of {address(update.old)} is {address(named)}"
                yield Finding(update.new, "gradient", text)
                continue
            if claim and claim.by == "update" and claim.of == update.old and (usual is None or step == usual):
                continue
            repeated = claims.get(graph.origin(update.cell))
            if repeated and graph.origin(repeated.of) == graph.origin(update.old):
                continue  # as the first velocity of momentum repeats the first gradient
            if claim and claim.by != "option" and graph.origin(claim.of) != graph.origin(update.old):
                if usual is not None and step == usual and _offset(update.new, update.old) != _usual_old(group):
                    continue  # the parameter is the wrong one, which is told already
                text = f"learns with {address(update.cell)}, which is the gradient of {address(claim.of)}"
                yield Finding(update.new, "gradient", text)
            elif usual is not None and step != usual and step[0] == usual[0] and (
                not claim or claim.by == "update"
            ) and _has_usual_beside(update, group, usual):  # fmt: skip
                meant = (update.new[0], update.new[1] + usual[1], update.new[2] + usual[2])
                text = f"learns with {address(update.cell)}, not with {address(meant)}"
                yield Finding(update.new, "gradient", text)


def _is_same_number(graph: SpreadsheetGraph, one: Place, other: Place) -> bool:
    a, b = graph.numbers.get(one), graph.numbers.get(other)
    return isinstance(a, float) and isinstance(b, float) and near(a, b, scale=0.0)


def _usual_old(group: Sequence[Update]) -> tuple[bool, int, int] | None:
    return _most([_offset(update.new, update.old) for update in group])


def _has_usual_beside(update: Update, group: Sequence[Update], usual: tuple[bool, int, int]) -> bool:
    beside = [
        other
        for other in group
        if other is not update and (other.new[1] == update.new[1] or other.new[2] == update.new[2])
    ]
    good = sum(other.cell is not None and _offset(other.new, other.cell) == usual for other in beside)
    return bool(beside) and good >= MOST * len(beside)


def _not_updated(
    graph: SpreadsheetGraph, updates: Sequence[Update], claims: Mapping[Place, Claim]
) -> Iterator[Finding]:
    """Yield the parameters that have a gradient and stay as they are, where the others beside them learn."""
    step = _usual_old(updates)
    if step is None or not step[0] or step[1] == 0:
        return
    learnt = {update.old for update in updates}
    rows = {update.old[:2] for update in updates}
    for claim in claims.values():
        of = claim.of
        new = (of[0], of[1] - step[1], of[2] - step[2])
        if of in learnt or of[:2] not in rows or min(new[1:]) < 1 or not _is_parameter(graph, of, learnt):
            continue
        if new in graph.contents.cells:
            yield Finding(new, "not updated", f"{address(of)} is not updated: its gradient stands in "
                                              f"{address(claim.cell)}")  # fmt: skip


def _is_parameter(graph: SpreadsheetGraph, of: Place, learnt: Collection[Place]) -> bool:
    origin = graph.origin(of)
    return not graph.is_formula(origin) or origin in learnt or graph.origin(of) != of
