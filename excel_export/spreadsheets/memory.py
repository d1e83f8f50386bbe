"""What learning rules remember, in the updates of a sheet: a velocity that forgets, an average of no squares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.algebra import TWO, factors_of
from excel_export.spreadsheets.findings import MOST, Finding
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels, is_remembered
from excel_export.spreadsheets.places import moved, way
from excel_export.spreadsheets.remembered import MOST_STEPS, is_root, is_root_or_correction, is_share, without_memory
from excel_export.spreadsheets.syntax import Binary, Call, Cell, Node, address, pieces
from excel_export.spreadsheets.updates import Update, element


class _Taken(NamedTuple):
    """A cell that an update takes its step from."""

    update: Update
    cell: Place
    under_root: bool
    before: Place
    """Where the same stands a step before."""
    remembers: bool
    is_first: bool
    """Whether there is nothing before."""


def memory_findings(graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update]) -> Iterator[Finding]:
    """Yield the updates that don't remember what the others do, and the averages of squares that are of none."""
    groups: dict[tuple[str, bool], list[_Taken]] = {}
    for update in updates:
        for taken in _taken(graph, update):
            groups.setdefault((update.new[0], taken.under_root), []).append(taken)
    for (_, under_root), group in groups.items():
        yield from _forgotten(graph, labels, group)
        if under_root:
            yield from _without_square(graph, group)


def _taken(graph: SpreadsheetGraph, update: Update) -> Iterator[_Taken]:
    node = element(graph, update.new)
    if node is None or update.cell is None:
        return
    back = way(update.new, update.old)
    for at, under_root in _read(graph, node, update):
        before = moved(at, *back)
        node = graph.formulas.get(at)
        remembers = node is not None and without_memory(graph, at, node, back) is not None
        is_first = min(before[1:]) < 1 or not isinstance(graph.numbers.get(before), float)
        yield _Taken(update, at, under_root, before, remembers, is_first)


def _read(graph: SpreadsheetGraph, node: Node, update: Update) -> Iterator[tuple[Place, bool]]:
    """Yield what a step is made of: through cells that only correct an average, or multiply it with the rate."""
    todo: list[tuple[Node, bool, int]] = [(node, False, 0)]
    for piece, under_root, depth in todo:
        roots = {id(inner) for each in pieces(piece) if is_root(each) for inner in pieces(each)}
        for each in pieces(piece):
            if not isinstance(each, Cell) or each.place in (update.old, update.rate):
                continue
            inner = graph.formulas.get(each.place)
            is_below = under_root or id(each) in roots
            corrects = isinstance(inner, Binary) and inner.operator == "/" and is_root_or_correction(inner.right)
            if inner is not None and corrects and depth < MOST_STEPS:
                todo.append((inner.left, is_below, depth + 1))  # type: ignore[union-attr]
            elif inner is not None:
                yield each.place, is_below


def _forgotten(graph: SpreadsheetGraph, labels: Labels, group: Sequence[_Taken]) -> Iterator[Finding]:
    later = [taken for taken in group if not taken.is_first]
    remembering = [taken for taken in later if taken.remembers]
    if not remembering:
        return
    usual, _ = Counter(way(taken.update.new, taken.cell) for taken in remembering).most_common(1)[0]
    are_most = len(remembering) >= max(2, MOST * len(later))
    for taken in later:
        if taken.remembers:
            continue
        meant = moved((taken.cell[0], *taken.update.new[1:]), *usual)
        if way(taken.update.new, taken.cell) == usual:
            if are_most or any(map(is_remembered, labels.beside(taken.cell))):
                yield Finding(
                    taken.cell, "memory", f"doesn't remember {address(taken.before)}, as the others do theirs"
                )
        elif are_most and meant in graph.formulas:
            text = f"takes {address(taken.cell)}, which remembers nothing, not {address(meant)}"
            yield Finding(taken.update.new, "memory", text)


def _without_square(graph: SpreadsheetGraph, group: Sequence[_Taken]) -> Iterator[Finding]:
    """Yield the averages under a root to which no square is added."""
    for taken in group:
        node = graph.formulas[taken.cell]
        fresh = without_memory(graph, taken.cell, node, way(taken.cell, taken.before))
        if fresh is None and not (taken.is_first and any(map(is_share, factors_of(node)))):
            continue
        factors = [factor for factor in factors_of(node if fresh is None else fresh) if not is_share(factor)]
        if factors and not _is_square(factors):
            yield Finding(taken.cell, "square", "takes no square, though a root is taken of it")


def _is_square(factors: Sequence[Node]) -> bool:
    if any(count > 1 for count in Counter(factors).values()):
        return True
    return any(
        (isinstance(piece, Binary) and piece.operator == "^" and piece.right == TWO)
        or (isinstance(piece, Binary) and piece.operator == "*" and piece.left == piece.right)
        or (isinstance(piece, Call) and piece.name in ("SUMSQ", "POWER"))
        for factor in factors
        for piece in pieces(factor)
    )
