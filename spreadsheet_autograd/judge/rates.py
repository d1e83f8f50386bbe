"""The learning rates of updates: the one cell that all of them take, or one for each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.labels import Labels, is_rate
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.findings import Finding, by_sheet, most
from spreadsheet_autograd.language.places import way
from spreadsheet_autograd.language.syntax import Number, address, fixed_address

MOST_ROWS_BETWEEN = 2


def _offset(one: Place, other: Place) -> tuple[bool, int, int]:
    return one[0] == other[0], *way(one, other)


def rate_findings(graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update]) -> Iterator[Finding]:
    """Yield the updates that take another rate than the others, or a number that is none, or have one typed."""
    for group in by_sheet([update for update in updates if update.rate]):
        usual = _called_a_rate(graph, labels, [graph.repeated(update.rate) for update in group if update.rate])
        # Where there are several rates, each may have a block of rows of its own.
        for block in [group] if usual else _by_rows(group):
            yield from _rates_of(graph, block, usual)
    for group in by_sheet(updates):
        usual = most([graph.repeated(update.rate) if update.rate else None for update in group])
        for update in group:
            if usual and not update.rate and isinstance(update.factor, Number):
                text = f"has the learning rate {update.factor.value:g} typed into it; the others take {address(usual)}"
                yield Finding(update.at, "rate", text)


def _rates_of(graph: SpreadsheetGraph, group: Sequence[Update], usual: Place | None) -> Iterator[Finding]:
    pairs = [(update, update.rate) for update in group if update.rate]
    rates = [graph.repeated(rate) for _, rate in pairs]
    usual = usual or most(rates)
    moving = None if usual else most([_in_column(update.new, rate) for update, rate in pairs])
    steps = {_offset(update.new, rate) for update, rate in pairs if graph.repeated(rate) == usual}
    for (update, rate), cell in zip(pairs, rates, strict=True):
        text = f"takes {address(rate)} for the learning rate"
        if usual and cell != usual and _offset(update.new, rate) in steps:
            fixed = fixed_address(usual)
            yield Finding(update.new, "rate", f"{text}. Write {fixed}: without $ it moves when it is copied")
        elif usual and cell != usual:
            yield Finding(update.new, "rate", f"{text}; the others take {address(usual)}")
        elif moving and moving != _in_column(update.new, rate):
            meant = (moving[0], update.new[1] + moving[1], moving[2])
            yield Finding(update.new, "rate", f"{text}, not {address(meant)}")
        elif not isinstance(graph.numbers.get(cell), float):
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
