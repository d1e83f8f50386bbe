"""Put slips into a right sheet, as people make them: another reference, a sign, a factor, a mask, a row too early."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random

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
        changes = [*slips(graph, node, cell, random)]
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


def slips(graph: SpreadsheetGraph, node: Node, cell: Place, random: Random) -> Iterator[tuple[str, Node]]:
    """Yield the formulas with one slip, each with its kind."""
    numbers = graph.numbers
    is_array = graph.contents.cells[cell].spill is not None
    for path, piece in walk(node):

        def put(new: Node, path: tuple[int, ...] = path) -> Node:
            return replaced(node, path, new)

        if isinstance(piece, Cell):
            for rows, cols in ((0, 1), (0, -1), (1, 0), (-1, 0), (0, 2), (0, -2)):
                other = piece.moved(rows, cols)
                if min(other.row, other.col) >= 1 and isinstance(numbers.get(other.place), float):
                    yield ("row" if rows else "column"), put(other)
            for at in graph.precedents(piece.place)[:4]:
                if graph.is_formula(piece.place) and isinstance(numbers.get(at), float):
                    yield "before the function", put(Cell(*at))
            for at in graph.dependents.get(piece.place, ())[:4]:
                if at != cell and cell not in graph.ancestors(at) and isinstance(numbers.get(at), float) and at[1] > 0:
                    yield "behind the function", put(Cell(*at))
            value = numbers.get(piece.place)
            # A whole number that is typed is right as long as the cell that has it is a count.
            if isinstance(value, float) and value != int(value) and path:
                yield "rounded number", put(Number(float(f"{value:.3g}")))
        if isinstance(piece, Range):
            for rows, cols in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                first, last = piece.first.moved(rows, cols), piece.last.moved(rows, cols)
                places = [*Range(first, last).places()]
                if min(first.row, first.col) >= 1 and all(isinstance(numbers.get(at), float) for at in places):
                    yield "range", put(Range(first, last))
            if piece.shape[0] > 2 and not is_array and isinstance(node, Call) and node.name == "SUM":
                yield "range", put(Range(piece.first, piece.last.moved(-1, 0)))
        if isinstance(piece, Binary):
            if piece.operator in "+-":
                yield "sign", put(Binary("-" if piece.operator == "+" else "+", piece.left, piece.right))
                yield "missing term", put(piece.left)
                if piece.left != Number(1.0):
                    yield "missing term", put(piece.right)
            if piece.operator == "-":
                yield "sign", put(Binary("-", piece.right, piece.left))
            if piece.operator == "*":
                yield "missing factor", put(piece.left)
                yield "missing factor", put(piece.right)
            if piece.operator == "/":
                yield "missing factor", put(piece.left)
        if isinstance(piece, Call):
            if piece.name == "IF" and len(piece.arguments) == 3:
                yield "mask", put(piece.arguments[1])
            if piece.name == "SUM":
                yield "mean", put(Call("AVERAGE", piece.arguments))
            if piece.name == "TRANSPOSE" and graph.reads(piece) and isinstance(piece.arguments[0], Range):
                rows, cols = piece.arguments[0].shape
                if rows == cols:
                    yield "transposed", put(piece.arguments[0])
    yield "sign", Unary("-", node) if not isinstance(node, (Binary, Unary)) else Binary("*", Number(-1.0), node)
    yield "factor", Binary("*", Number(2.0), node)
    yield "factor", Binary("/", node, Number(2.0))


def backward_cells(graph: SpreadsheetGraph, sheets: Sheets, losses: list[Place], updates: set[Place]) -> list[Place]:
    """The cells of formulas that lead to a claim and to no loss."""
    forward = set().union(*(graph.ancestors(loss, updates) for loss in losses))
    written_in = {at for at, content in graph.contents.cells.items() if content.formula}
    return sorted(at for at in written_in - forward - updates if at in graph.formulas)
