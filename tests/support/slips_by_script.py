"""Put slips into a right sheet, as people make them: another reference, a sign, a factor, a mask, a row too early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Cell,
    Node,
    Number,
    Range,
    Unary,
    replaced,
    walk,
    written,
)
from tests.support.sheets_by_hand import Sheets

Place = tuple[str, int, int]


@dataclass(frozen=True)
class Planted:
    """A slip that was put in."""

    cell: Place
    kind: str
    before: str
    after: str


def plant(sheets: Sheets, graph: SpreadsheetGraph, cells: list[Place], random: Random) -> tuple[Sheets, Planted]:
    """Give the sheets with one slip, in one of the cells."""
    from excel_export.shared.cells import name_of

    while True:
        cell = random.choice(cells)
        at = name_of(*cell[1:])
        content = sheets[cell[0]][at]
        text = content[1] if isinstance(content, tuple) else str(content)
        node = graph.parsed(text.removeprefix("="), cell)
        assert not isinstance(node, str), node
        changes = [*slips(graph, node, cell)]
        if not changes:
            continue
        kinds = sorted({kind for kind, _ in changes})
        chosen = random.choice(kinds)
        new = random.choice([change for kind, change in changes if kind == chosen])
        after = "=" + written(new, cell[0])
        if after == text:
            continue
        changed = deepcopy(sheets)
        changed[cell[0]][at] = (content[0], after) if isinstance(content, tuple) else after
        return changed, Planted(cell, chosen, text, after)


def slips(graph: SpreadsheetGraph, node: Node, cell: Place) -> Iterator[tuple[str, Node]]:
    """Yield the formulas with one slip, each with its kind."""
    for path, piece in walk(node):
        for kind, new in SLIPS.get(type(piece), _none)(graph, piece, Within(node, cell, is_typed_alone=not path)):
            yield kind, replaced(node, path, new)
    yield "sign", Unary("-", node) if not isinstance(node, (Binary, Unary)) else Binary("*", Number(-1.0), node)
    yield "factor", Binary("*", Number(2.0), node)
    yield "factor", Binary("/", node, Number(2.0))


class Within(NamedTuple):
    """The formula and the cell in which a piece stands."""

    formula: Node
    cell: Place
    is_typed_alone: bool


def _none(graph: SpreadsheetGraph, piece: Node, within: Within) -> Iterator[tuple[str, Node]]:
    yield from ()


def _of_cell(graph: SpreadsheetGraph, piece: Cell, within: Within) -> Iterator[tuple[str, Node]]:
    numbers, cell = graph.numbers, within.cell
    for rows, cols in ((0, 1), (0, -1), (1, 0), (-1, 0), (0, 2), (0, -2)):
        other = piece.moved(rows, cols)
        if min(other.row, other.col) >= 1 and isinstance(numbers.get(other.place), float):
            yield ("row" if rows else "column"), other
    for at in graph.precedents(piece.place)[:4]:
        if graph.is_formula(piece.place) and isinstance(numbers.get(at), float):
            yield "before the function", Cell(*at)
    for at in graph.dependents.get(piece.place, ())[:4]:
        if at != cell and cell not in graph.ancestors(at) and isinstance(numbers.get(at), float) and at[1] > 0:
            yield "behind the function", Cell(*at)
    value = numbers.get(piece.place)
    # A whole number that is typed is right as long as the cell that has it is a count.
    if isinstance(value, float) and value != int(value) and not within.is_typed_alone:
        yield "rounded number", Number(float(f"{value:.3g}"))


def _of_range(graph: SpreadsheetGraph, piece: Range, within: Within) -> Iterator[tuple[str, Node]]:
    for rows, cols in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        first, last = piece.first.moved(rows, cols), piece.last.moved(rows, cols)
        places = [*Range(first, last).places()]
        if min(first.row, first.col) >= 1 and all(isinstance(graph.numbers.get(at), float) for at in places):
            yield "range", Range(first, last)
    is_array, node = graph.contents.cells[within.cell].spill is not None, within.formula
    if piece.shape[0] > 2 and not is_array and isinstance(node, Call) and node.name == "SUM":
        yield "range", Range(piece.first, piece.last.moved(-1, 0))


OF_OPERATORS: dict[str, list[tuple[str, Callable[[Binary], Node | None]]]] = {
    "+": [
        ("sign", lambda it: Binary("-", it.left, it.right)),
        ("missing term", lambda it: it.left),
        ("missing term", lambda it: it.right if it.left != Number(1.0) else None),
    ],
    "-": [
        ("sign", lambda it: Binary("+", it.left, it.right)),
        ("missing term", lambda it: it.left),
        ("missing term", lambda it: it.right if it.left != Number(1.0) else None),
        ("sign", lambda it: Binary("-", it.right, it.left)),
    ],
    "*": [("missing factor", lambda it: it.left), ("missing factor", lambda it: it.right)],
    "/": [("missing factor", lambda it: it.left)],
}


def _of_operator(graph: SpreadsheetGraph, piece: Binary, within: Within) -> Iterator[tuple[str, Node]]:
    for kind, change in OF_OPERATORS.get(piece.operator, ()):
        new = change(piece)
        if new is not None:
            yield kind, new


def _of_call(graph: SpreadsheetGraph, piece: Call, within: Within) -> Iterator[tuple[str, Node]]:
    if piece.name == "IF" and len(piece.arguments) == 3:
        yield "mask", piece.arguments[1]
    if piece.name == "SUM":
        yield "mean", Call("AVERAGE", piece.arguments)
    if piece.name == "TRANSPOSE" and graph.reads(piece) and isinstance(piece.arguments[0], Range):
        rows, cols = piece.arguments[0].shape
        if rows == cols:
            yield "transposed", piece.arguments[0]


SLIPS: dict[type, Callable[..., Iterator[tuple[str, Node]]]] = {
    Cell: _of_cell, Range: _of_range, Binary: _of_operator, Call: _of_call,
}  # fmt: skip
"""The slips in each kind of piece of a formula."""


def backward_cells(graph: SpreadsheetGraph, sheets: Sheets, losses: list[Place], updates: set[Place]) -> list[Place]:
    """The cells of formulas that lead to a claim and to no loss."""
    forward = set().union(*(graph.ancestors(loss, updates) for loss in losses))
    written_in = {at for at, content in graph.contents.cells.items() if content.formula}
    return sorted(at for at in written_in - forward - updates if at in graph.formulas)
