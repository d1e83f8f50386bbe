"""Compares the updates of a sheet with most of them: the cell where they begin, their rate, and whether they learn."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.labels import Labels, is_rate
from spreadsheet_autograd.find.updates import Update, element
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.places import along, in_lines, step_to
from spreadsheet_autograd.language.syntax import Cell, Number, address, fixed_address, written

T = TypeVar("T", bound=Hashable)
MOST = 0.6
"""The share of updates that must agree before one that differs counts as a mistake."""
MOST_ROWS_BETWEEN = 2
"""The most rows between two updates of a block that shares one rate."""


class Finding(NamedTuple):
    """A mistake in how a sheet learns: Finding(('S', 8, 2), 'square', 'takes only the square of Sheet1!B3')."""

    cell: Place
    """The cell with the mistake: ('S', 8, 2) for B8."""
    kind: str
    """'rate', 'parameter' or 'gradient' (another one than it should take), 'sign' (of the step), 'memory' (an average
    without its value before), 'square' (under a root nothing is squared), 'correction' (1 − β^t with another β), 'copy'
    (unlike the same formula at other steps) or 'not updated' (a parameter that stays as it is)."""
    words: str
    """A sentence without its subject, which is the cell: 'takes only the square of Sheet1!B3'."""


def most_frequent(items: Iterable[T]) -> T | None:
    """Return the item that at least 60 % of the items equal, and at least two: 'a' for 'aab', None for 'ab' and ''."""
    counts = Counter(items)
    best, count = counts.most_common(1)[0] if counts else (None, 0)
    return best if count >= max(2, MOST * counts.total()) else None


def _by_sheet(updates: Iterable[Update]) -> list[list[Update]]:
    return [*grouped(updates, lambda update: update.new[0]).values()]


def unusual_updates(
    graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update], claims: Mapping[Place, Claim],
    right: Collection[Place], states: Collection[Place],
) -> Iterator[Finding]:  # fmt: skip
    """Yield findings on updates with another rate or another parameter than most, and on parameters without an update.

    B9 `=B4-C7*D4` beside updates that all take the rate B7 gives Finding(B9, 'rate', 'takes S!C7 for the learning …').

    Args:
        graph: the workbook.
        labels: its headings.
        updates: the formulas w − rate · gradient.
        claims: the claims to be gradients, by their cells.
        right: the cells of those that are right.
        states: the cells of the parameters before and after each step.
    """
    yield from _unusual_rates(graph, labels, updates)
    yield from _carried_from_elsewhere(graph, updates)
    yield from _retyped(graph, updates, states)
    yield from _not_updated(graph, updates, [claim for cell, claim in claims.items() if cell in right])


def _unusual_rates(graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update]) -> Iterator[Finding]:
    """Yield the updates with another rate than the others, a text in its place, or a rate in the formula itself."""
    for group in _by_sheet(updates):
        rates = {update: graph.repeated(update.rate) for update in group if update.rate}
        called = {at for at in rates.values() if isinstance(graph.numbers.get(at), float)
                  and any(map(is_rate, labels.beside(at)))}  # fmt: skip
        if len(called) == 1:
            yield from _unusual(graph, rates, called.pop())
            continue
        # Each of several rates may belong to a block of rows.
        block: dict[Update, Place] = {}
        for update in sorted(rates, key=lambda update: update.new[1:]):
            if block and update.new[1] - max(each.new[1] for each in block) > MOST_ROWS_BETWEEN:
                yield from _unusual(graph, block)
                block = {}
            block[update] = rates[update]
        yield from _unusual(graph, block)
    for group in _by_sheet(updates):
        cells = [graph.repeated(update.rate) for update in group if update.rate]
        usual = most_frequent([*cells, *(None for update in group if not update.rate)])
        for update in group:
            if not update.rate and isinstance(update.factor, Number):
                # Of two updates report the one with a typed number only if the other's cell holds that number.
                same = [at for at in cells if graph.numbers.get(at) == update.factor.value]
                taken = usual or next(iter(same), None)
                if taken:
                    typed = f"{update.factor.value:g}"
                    text = f"has the learning rate {typed} typed into it; the others take {address(taken)}"
                    yield Finding(update.at, "rate", text)


def _unusual(graph: SpreadsheetGraph, rates: Mapping[Update, Place], usual: Place | None = None) -> Iterator[Finding]:
    usual = usual or most_frequent(rates.values())
    taken = {update: update.rate for update in rates if update.rate}
    # Or each step has a rate in a row of its own.
    in_column = {update: (at[0], at[1] - update.new[1], at[2]) for update, at in taken.items()}
    moving = None if usual else most_frequent(in_column.values())
    steps = {step_to(update.new, at) for update, at in taken.items() if rates[update] == usual}
    for update, at in taken.items():
        text = f"takes {address(at)} for the learning rate"
        if usual and rates[update] != usual and step_to(update.new, at) in steps:
            text += f". Write {fixed_address(usual)}: without $ it moves when it is copied"
        elif usual and rates[update] != usual:
            text += f"; the others take {address(usual)}"
        elif moving and moving != in_column[update]:
            text += f", not {address((moving[0], update.new[1] + moving[1], moving[2]))}"
        elif not isinstance(graph.numbers.get(rates[update]), float):
            text += ", which holds none"
        else:
            continue
        yield Finding(update.new, "rate", text)


def _carried_from_elsewhere(graph: SpreadsheetGraph, updates: Sequence[Update]) -> Iterator[Finding]:
    """Yield the parameters at the begin of a further block or sheet that do not repeat the result of the step before.

    They repeat another cell than those beside them, and the cell that would be in line with these is an update too.
    """
    news = {update.new for update in updates}
    repeats = [(update.old, graph.formulas.get(update.old)) for update in updates]
    repeated = {old: node.place for old, node in repeats if isinstance(node, Cell) and node.place in news}
    for axis in (1, 2):
        for line in in_lines(repeated, axis, lambda at: at).values():
            usual = most_frequent(step_to(at, repeated[at]) for at in line) if len(line) > 2 else None
            for at, meant in ((at, along(at, usual)) for at in line) if usual else ():
                if repeated[at] != meant and meant in news - {*repeated.values()}:
                    yield Finding(at, "parameter", f"begins from {address(repeated[at])}, not from {address(meant)}")


def frozen_updates(graph: SpreadsheetGraph, updates: Sequence[Update], cells: Collection[Place]) -> Iterator[Finding]:
    """Yield one finding for each group of copied updates that leave a parameter as it is, such as B8 `=B3-0*B7*B6`.

    It is Finding(B8, 'not updated', 'multiplies its step by 0, so that …'). `cells` are the cells with such updates,
    [B8].
    """
    patterns = CopiedFormulas(graph)
    reported: set[Place] = set()
    for new in (update.new for update in updates):
        if new in cells and new not in reported:
            copies = [at for at in patterns.copies(new) if at in cells]
            reported.update(copies)
            more = f" (and {len(copies) - 1} more like it)" if len(copies) > 1 else ""
            yield Finding(new, "not updated", f"multiplies its step by 0, so that nothing is learnt{more}")


def _retyped(graph: SpreadsheetGraph, updates: Sequence[Update], states: Collection[Place]) -> Iterator[Finding]:
    """Yield the typed parameters of updates whose neighbours read the result of the step before."""
    patterns = CopiedFormulas(graph)
    for at in dict.fromkeys(update.old for update in updates):
        is_typed = at not in graph.formulas and at[1] > 0 and isinstance(graph.numbers.get(at), float)
        node = patterns.expected(at) if is_typed else None
        reads = [*graph.cells_read(node)] if node is not None else []
        # The headings of a further training stand above its first row.
        are_numbers = all(isinstance(graph.numbers.get(other), float) for other in reads)
        if node is not None and are_numbers and any(other in states and other in graph.formulas for other in reads):
            formula = f"={written(node, at[0])}"
            yield Finding(at, "not updated", f"is typed; as those beside it, it would be {formula}")


def _not_updated(graph: SpreadsheetGraph, updates: Sequence[Update], right: Iterable[Claim]) -> Iterator[Finding]:
    """Yield the cells that repeat a parameter, or hold something else, in the place of its next value."""
    # A claim found by its numbers only may be the derivative by a target, which is not updated.
    of = {claim.of: claim.cell for claim in right if claim.by != "derivative"}
    learnt, news = {update.old for update in updates}, {update.new for update in updates}
    for group in _by_sheet(updates):
        step = most_frequent(step_to(update.new, update.old) for update in group)
        sources = most_frequent(step_to(update.new, update.source) for update in group if update.source)
        lines = {(axis, update.new[axis]) for update in group for axis in (1, 2)}
        rows = {update.old[:2] for update in group} if step and step[0] == group[0].new[0] and step[1] else ()
        for new in graph.contents.cells if step else ():
            old = along(new, step)  # type: ignore[arg-type]
            if new[0] != group[0].new[0] or new in news or not any((axis, new[axis]) in lines for axis in (1, 2)):
                continue
            node, cell = element(graph, new), of.get(old)
            if isinstance(node, Cell) and node.place == old:
                unused = along(new, sources) if sources else None
                is_unused = unused and graph.is_formula(unused) and not graph.dependents.get(unused)
                if cell is None and is_unused and graph.repeated(old) == old:
                    cell = unused
            elif old in learnt or old[:2] not in rows or not _may_be_parameter(graph, old, learnt):
                continue
            if cell:
                text = f"doesn't update {address(old)}, whose gradient stands in {address(cell)}"
                yield Finding(new, "not updated", text)


def _may_be_parameter(graph: SpreadsheetGraph, of: Place, learnt: Collection[Place]) -> bool:
    source = graph.repeated(of)
    return not graph.is_formula(source) or source in learnt or source != of
